/** The set of a data folder that holds accepted clips. All of it is for training: who speaks is not known, and test figures stay comparable. */

import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { clipName, speakerOf } from '../speaker-split.ts';
import { wavFilesBelow } from '../wav-files.ts';
import { writeSet } from '../import/write-set.ts';

/** In a data folder. */
const FEEDBACK_SET = 'feedback';
const LICENCE = 'consent-to-training';
const SPEAKER_CHARACTERS = 16;

/** The accepted clips of one data folder. */
export class FeedbackSet {
  readonly #directory: string;

  constructor(dataDirectory: string) {
    this.#directory = join(dataDirectory, FEEDBACK_SET);
  }

  /** Adds a clip of a session. @returns its path */
  async add(session: string, label: string, wav: Uint8Array): Promise<string> {
    const isNew = (await readdir(this.#directory).catch(() => [])).length === 0;
    await mkdir(join(this.#directory, label), { recursive: true });
    if (isNew) await writeSet(this.#directory, { clips: [], licence: LICENCE });
    const taken = new Set(await readdir(join(this.#directory, label)));
    let take = 0;
    while (taken.has(clipName(speakerOfSession(session), take))) take++;
    const path = join(this.#directory, label, clipName(speakerOfSession(session), take));
    await writeFile(path, wav, { flag: 'wx' });
    return path;
  }

  /** Removes all clips of a session. @returns how many */
  async forget(session: string): Promise<number> {
    const speaker = speakerOfSession(session);
    const files = (await wavFilesBelow(this.#directory)).filter((file) => speakerOf(file) === speaker);
    for (const file of files) await rm(join(this.#directory, file), { force: true });
    return files.length;
  }

  /** How many clips of a session there are. */
  async count(session: string): Promise<number> {
    return (await wavFilesBelow(this.#directory)).filter((file) => speakerOf(file) === speakerOfSession(session)).length;
  }
}

/** What stands for a session in the names of files: enough to find its clips again, and not the session. */
function speakerOfSession(session: string): string {
  return createHash('sha256').update(session).digest('hex').slice(0, SPEAKER_CHARACTERS);
}

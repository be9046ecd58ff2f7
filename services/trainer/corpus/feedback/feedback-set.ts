/** The set of a data folder that holds accepted clips. All of it is for training: who speaks is not known, and test figures stay comparable. */

import { createHash } from 'node:crypto';
import { access, link, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { SOURCE_FILE } from '../dataset/licences.ts';
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
    await mkdir(join(this.#directory, label), { recursive: true });
    if (!(await this.#hasLists())) await writeSet(this.#directory, { clips: [], licence: LICENCE });
    const taken = new Set(await readdir(join(this.#directory, label)));
    let take = 0;
    while (taken.has(clipName(speakerOfSession(session), take))) take++;
    const path = join(this.#directory, label, clipName(speakerOfSession(session), take));
    await writeNew(path, wav);
    return path;
  }

  /** The file that is written last is there. */
  async #hasLists(): Promise<boolean> {
    return access(join(this.#directory, SOURCE_FILE)).then(
      () => true,
      () => false,
    );
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

/** The file appears when it is whole, and never in place of another. */
async function writeNew(path: string, content: Uint8Array): Promise<void> {
  const draft = `${path}.tmp`;
  await writeFile(draft, content);
  await link(draft, path).finally(() => rm(draft));
}

/** What stands for a session in the names of files: enough to find its clips again, and not the session. */
function speakerOfSession(session: string): string {
  return createHash('sha256').update(session).digest('hex').slice(0, SPEAKER_CHARACTERS);
}

/** Brings recordings of any rate into Speech Commands' layout: 16 kHz mono, named by speaker, with lists of splits. */

import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import pMap from 'p-map';

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import { writeWav } from '#shared/audio/wav.ts';

import { TrainerError } from '../../trainer-error.ts';
import { readRecording } from '../read-recording.ts';
import { clipName, speakerOf, splitOfSpeaker, type SplitShares, type Split } from '../speaker-split.ts';
import { sourceClips, type SourceClip } from './source-clips.ts';
import { writeSet } from './write-set.ts';

const FILES_AT_ONCE = 16;
/** A speaker's name becomes part of file names. */
const SPEAKER_CHARACTERS = 8;

export interface ImportOptions {
  /** A folder of words or a CSV file, see `sourceClips`. */
  readonly from: string;
  /** The set to make. Must not exist. */
  readonly to: string;
  readonly shares: SplitShares;
  readonly licence: string;
  /** Where the recordings are from, for `source.yaml`. */
  readonly origin?: string | undefined;
  readonly onStart: (files: number) => void;
  readonly onProgress: (files: number) => void;
}

export interface ImportedClip {
  readonly word: string;
  readonly source: string;
  readonly file: string;
  readonly split: Split;
}

interface PlannedClip extends ImportedClip {
  readonly path: string;
}

/** Imports everything or nothing. @throws {TrainerError} `data_not_found`, `invalid_dataset`, `unreadable_clip`, `output_exists` */
export async function importClips(options: ImportOptions): Promise<readonly ImportedClip[]> {
  const { from, to, shares, licence, origin, onStart, onProgress } = options;
  await assertAbsent(to);
  const clips = plan(await sourceClips(from), shares);
  onStart(clips.length);
  const partial = `${to}.partial`;
  await rm(partial, { recursive: true, force: true });
  for (const word of new Set(clips.map((clip) => clip.word))) await mkdir(join(partial, word), { recursive: true });
  let done = 0;
  const importOne = async ({ path, word, file }: PlannedClip): Promise<void> => {
    await writeFile(join(partial, word, file), writeWav(await readRecording(path), SAMPLE_RATE_HZ));
    onProgress(++done);
  };
  await pMap(clips, importOne, { concurrency: FILES_AT_ONCE });
  await writeSet(partial, { clips, licence, origin });
  await rename(partial, to);
  return clips;
}

/** @throws {TrainerError} `output_exists` */
export async function assertAbsent(directory: string): Promise<void> {
  const present = await readdir(directory).catch(() => undefined);
  if (present !== undefined) throw new TrainerError('output_exists', `${directory} is there already: name a new folder, or remove it`);
}

function plan(clips: readonly SourceClip[], shares: SplitShares): PlannedClip[] {
  const taken = new Map<string, number>();
  return clips.map(({ path, word: spoken, speaker: named, split }) => {
    const word = labelOfWord(spoken);
    const speaker = speakerName(word, path, named);
    const key = `${word}/${speaker}`;
    const take = taken.get(key) ?? 0;
    taken.set(key, take + 1);
    return { path, word, source: path, file: clipName(speaker, take), split: split ?? splitOfSpeaker(speaker, shares) };
  });
}

/** `Smart Mirror` is `smart_mirror`. */
function labelOfWord(word: string): string {
  return word.trim().toLowerCase().replaceAll(/\s+/g, '_');
}

/** The name in the file if it is one; the hash of a name that was given, or of the file's: then each recording is a speaker of its own. */
function speakerName(word: string, path: string, named: string | undefined): string {
  const inName = speakerOf(path);
  if (named === undefined && inName !== basename(path)) return inName;
  return createHash('sha1')
    .update(named ?? `${word}/${basename(path)}`)
    .digest('hex')
    .slice(0, SPEAKER_CHARACTERS);
}

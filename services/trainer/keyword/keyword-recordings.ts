/** Recordings of a new keyword, aligned to one-second clips in a set of their own. */

import { mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { alignFolder, type Alignment } from '../corpus/alignment/align.ts';
import { startProgress } from '../training/progress.ts';
import { TrainerError } from '../trainer-error.ts';

/** Everything in it is for training until the lists say otherwise. */
const NO_SHARES = { validationPercent: 0, testPercent: 0 };

export interface RecordingsOptions {
  readonly keyword: string;
  /** WAV files, or a folder of the keyword's name with WAV files. */
  readonly from: string;
  /** The set to make: `<set>/<keyword>/<speaker>_nohash_<n>.wav`. */
  readonly set: string;
  readonly leastRecordings: number;
}

/** @throws {TrainerError} `data_not_found`, `too_few_recordings`, `unreadable_clip` */
export async function alignRecordings({ keyword, from, set, leastRecordings }: RecordingsOptions): Promise<Alignment> {
  const { directory, files } = await wavFilesOf(from, keyword);
  assertEnough(files.length, { keyword, from, leastRecordings });
  const staged = `${set}.recordings`;
  await rm(staged, { recursive: true, force: true });
  await mkdir(join(staged, keyword), { recursive: true });
  for (const file of files) await symlink(resolve(directory, file), join(staged, keyword, file));
  const bar = startProgress(`finding ${keyword}`, files.length);
  const alignment = await alignFolder({
    from: staged,
    to: set,
    shares: NO_SHARES,
    licence: 'unknown',
    onProgress: (done) => bar.update(done, {}),
  });
  bar.stop();
  await rm(staged, { recursive: true });
  assertEnough(alignment.clips.length, { keyword, from, leastRecordings });
  return alignment;
}

async function wavFilesOf(from: string, keyword: string): Promise<{ directory: string; files: readonly string[] }> {
  const named = join(from, keyword);
  const inNamed = await wavNames(named).catch(() => []);
  if (inNamed.length > 0) return { directory: named, files: inNamed };
  const files = await wavNames(from).catch((cause: unknown) => {
    throw new TrainerError('data_not_found', `cannot read the folder of recordings ${from}`, { cause });
  });
  return { directory: from, files };
}

async function wavNames(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.endsWith('.wav')).sort();
}

function assertEnough(count: number, { keyword, from, leastRecordings }: { keyword: string; from: string; leastRecordings: number }): void {
  if (count < leastRecordings)
    throw new TrainerError(
      'too_few_recordings',
      `${from} holds ${count} recordings in which ${keyword} can be heard; ${leastRecordings} are the least to learn from and to measure on`,
    );
}

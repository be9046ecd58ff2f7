/** A data folder of its own for a new keyword: links to some clips of every word, so that nothing is forgotten, and to the speech and the noise. */

import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';

import pMap from 'p-map';

import { listCorpus, type Clip, type Corpus } from '../corpus/corpus.ts';
import { SPLIT_LISTS, type Split } from '../corpus/speaker-split.ts';
import { transcriptsFile } from '../corpus/transcripts.ts';
import { groupBy } from '../group-by.ts';
import { randomFor, shuffle } from '../random.ts';
import { TrainerError } from '../trainer-error.ts';

/** Clips of each word: enough to keep a word that is known (with 120 the others were named right less often), few enough to be read in seconds. */
const CLIPS_OF_A_WORD: Readonly<Record<Split, number>> = { training: 600, validation: 20, test: 30 };
const LINKS_AT_ONCE = 64;
/** Its clips are all of one split, and it has no lists. */
const OFFICIAL_TEST_FOLDER = 'test_v2_12';

export interface RehearsalOptions {
  readonly dataDirectory: string;
  /** Where the links go, in the same places as in the data folder. */
  readonly to: string;
  /** Recordings of it in the data folder are left out. */
  readonly keyword: string;
  readonly seed: number;
}

/** @throws {TrainerError} `data_not_found` with what to do about it */
export async function linkRehearsal({ dataDirectory, to, keyword, seed }: RehearsalOptions): Promise<void> {
  const corpus = await listCorpus(dataDirectory).catch((cause: unknown) => {
    throw new TrainerError(
      'data_not_found',
      `a keyword is learnt against other words, speech and noise, and ${dataDirectory} has no words: ` +
        `\`trainer data fetch speech-commands --data ${dataDirectory}\` brings words and noise`,
      { cause },
    );
  });
  const speech = corpus.speech.filter((path) => relative(dataDirectory, path).startsWith(`speech${sep}`));
  if (speech.length === 0)
    throw new TrainerError(
      'data_not_found',
      `${dataDirectory}/speech is empty: false accepts are counted on speech. Put read speech there as 16 kHz WAV files, ` +
        'speech/librispeech/<reader>/…, and what is said into speech/transcripts.txt; LibriSpeech (openslr.org/12) has hundreds of readers',
    );
  const clips = someOf(
    corpus.clips.filter(({ word }) => word !== keyword),
    seed,
  );
  const paths = [...clips.map(({ path }) => path), ...speech, ...corpus.noise];
  await link(paths, { from: dataDirectory, to });
  await linkTranscripts(dataDirectory, to);
  await writeLists(clips, { from: dataDirectory, to });
}

/** Writes the lists of splits of one set. */
export async function writeSplitLists(set: string, clips: readonly { readonly name: string; readonly split: Split }[]): Promise<void> {
  for (const [split, file] of Object.entries(SPLIT_LISTS)) {
    const names = clips.filter((clip) => clip.split === split).map(({ name }) => `${name}\n`);
    await writeFile(join(set, file), names.sort().join(''));
  }
}

function someOf(clips: readonly Clip[], seed: number): Clip[] {
  const kinds = [...groupBy(clips, ({ word, split }) => `${word} ${split}`).values()];
  return kinds.flatMap((kind, i) => shuffle([...kind], randomFor(seed, 13, i)).slice(0, CLIPS_OF_A_WORD[kind[0]!.split]));
}

async function link(paths: Corpus['noise'], { from, to }: { from: string; to: string }): Promise<void> {
  const placeOf = (path: string): string => join(to, relative(from, path));
  for (const folder of new Set(paths.map((path) => dirname(placeOf(path))))) await mkdir(folder, { recursive: true });
  await pMap(paths, (path) => symlink(resolve(path), placeOf(path)), { concurrency: LINKS_AT_ONCE });
}

async function linkTranscripts(from: string, to: string): Promise<void> {
  const file = transcriptsFile(from);
  await symlink(resolve(file), transcriptsFile(to)); // a link to nothing where there are none
}

async function writeLists(clips: readonly Clip[], { from, to }: { from: string; to: string }): Promise<void> {
  const sets = groupBy(clips, ({ path }) => relative(from, path).split(sep)[0]!);
  for (const [set, members] of sets) {
    if (set === OFFICIAL_TEST_FOLDER) continue;
    const named = members.map(({ path, split }) => ({ name: relative(join(from, set), path).replaceAll(sep, '/'), split }));
    await writeSplitLists(join(to, set), named);
  }
}

/** What there is to learn from: clips of words with their split, and long recordings of speech and noise. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { SILENCE_LABEL, UNKNOWN_LABEL } from '#shared/model/manifest.ts';

import { randomFor } from '../random.ts';
import { TrainerError } from '../trainer-error.ts';

export type Split = 'training' | 'validation' | 'test';

/** A recording of one word, or of `_silence_`, about a second long. */
export interface Clip {
  readonly path: string;
  /** The word that was spoken, whether or not it is a keyword. */
  readonly word: string;
  readonly split: Split;
}

export interface Corpus {
  readonly clips: readonly Clip[];
  /** Long recordings that hold no keyword as a rule: read speech, and wake words of other systems. Some are held back, see `isHeldBackSpeech`. */
  readonly speech: readonly string[];
  /** Long recordings without speech. Some are held back, see `isHeldBackNoise`. */
  readonly noise: readonly string[];
}

/**
 * Lists the recordings under `directory`: `speech_commands/<word>/*.wav` with `validation_list.txt` and `testing_list.txt`,
 * `test_v2_12/<class>/*.wav`, `speech/**`, `wakeword/**`, `noise/**`. Test clips keep to themselves.
 *
 * @throws {TrainerError} `data_not_found`
 */
export async function listCorpus(directory: string): Promise<Corpus> {
  const commands = join(directory, 'speech_commands');
  const words = await wordFolders(commands);
  const [validation, testing] = await Promise.all(
    ['validation_list.txt', 'testing_list.txt'].map((file) => readList(join(commands, file))),
  );
  const splitOf = (name: string): Split => (validation!.has(name) ? 'validation' : testing!.has(name) ? 'test' : 'training');
  const clips: Clip[] = [];
  for (const word of words) {
    for (const file of await wavFiles(join(commands, word))) {
      clips.push({ path: join(commands, word, file), word, split: splitOf(`${word}/${file}`) });
    }
  }
  return {
    clips: [...clips, ...(await officialTestClips(join(directory, 'test_v2_12')))],
    speech: [...(await wavFilesBelow(join(directory, 'speech'))), ...(await wavFilesBelow(join(directory, 'wakeword')))],
    noise: [...(await wavFilesBelow(join(commands, '_background_noise_'))), ...(await wavFilesBelow(join(directory, 'noise')))],
  };
}

/** Which label a spoken word has in a model that knows `keywords`. */
export function labelOf(word: string, keywords: ReadonlySet<string>): string {
  return word === SILENCE_LABEL || keywords.has(word) ? word : UNKNOWN_LABEL;
}

/** The share of readers whose speech no training hears; false accepts are counted on it. */
const HELD_BACK_SHARE = 0.25;

/** Whether a recording of `speech/librispeech/<reader>/…` is kept for evaluation; all of a reader's are, or none. */
export function isHeldBackSpeech(path: string): boolean {
  const reader = /librispeech[/\\](\d+)/.exec(path)?.[1];
  return reader !== undefined && randomFor(Number(reader)).chance(HELD_BACK_SHARE);
}

/** Whether a recording of `noise/` is kept for evaluation; the background noise of Speech Commands is all for training. */
export function isHeldBackNoise(path: string): boolean {
  const name = /[/\\]noise[/\\].*?([^/\\]+)$/.exec(path)?.[1];
  return name !== undefined && randomFor(...Buffer.from(name)).chance(HELD_BACK_SHARE);
}

/** The official 12-class test set names the words of `_unknown_` in its file names. */
async function officialTestClips(directory: string): Promise<Clip[]> {
  const clips: Clip[] = [];
  for (const folder of await foldersOf(directory)) {
    for (const file of await wavFiles(join(directory, folder))) {
      const word = folder === UNKNOWN_LABEL ? file.slice(0, file.indexOf('_')) : folder;
      clips.push({ path: join(directory, folder, file), word, split: 'test' });
    }
  }
  return clips;
}

async function wordFolders(directory: string): Promise<string[]> {
  const words = (await foldersOf(directory)).filter((name) => !name.startsWith('_'));
  if (words.length === 0)
    throw new TrainerError('data_not_found', `no folders of words in ${directory}: point --data at the folder that holds speech_commands/`);
  return words;
}

async function foldersOf(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

async function wavFiles(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.endsWith('.wav')).sort();
}

async function wavFilesBelow(directory: string): Promise<string[]> {
  const names = await readdir(directory, { recursive: true }).catch(() => []);
  return names
    .filter((name) => name.endsWith('.wav'))
    .sort()
    .map((name) => join(directory, name));
}

async function readList(path: string): Promise<Set<string>> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new TrainerError('data_not_found', `${path} is missing: it names the clips of a split`, { cause });
  });
  return new Set(
    text
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean),
  );
}

/** What there is to learn from: clips of words with their split, and long recordings of speech and noise. */

import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { SILENCE_LABEL, UNKNOWN_LABEL } from '#shared/model/manifest.ts';

import { randomFor } from '../random.ts';
import { TrainerError } from '../trainer-error.ts';
import { SPLIT_LISTS, type Split } from './speaker-split.ts';
import { wavFilesBelow } from './wav-files.ts';

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

/** The set that must be there. */
const MAIN_SET = 'speech_commands';

/**
 * Lists the recordings under `directory`: sets of clips such as `speech_commands/<word>/*.wav` with `validation_list.txt` and
 * `testing_list.txt` (any folder with these two is one), `test_v2_12/<class>/*.wav`, `speech/**`, `wakeword/<word>/**`, `noise/**`. Test clips
 * keep to themselves. Long recordings of a word that a set has clips of are no other speech.
 *
 * @throws {TrainerError} `data_not_found`
 */
export async function listCorpus(directory: string): Promise<Corpus> {
  const sets = await clipSets(directory);
  const clips = (await Promise.all(sets.map(clipsOfSet))).flat();
  if (clips.length === 0)
    throw new TrainerError(
      'data_not_found',
      `no folders of words in ${sets.join(', ')}: point --data at the folder that holds ${MAIN_SET}/`,
    );
  const words = new Set(clips.map(({ word }) => word));
  const wakewords = (await foldersOf(join(directory, 'wakeword'))).filter((word) => !words.has(word));
  return {
    clips: [...clips, ...(await officialTestClips(join(directory, 'test_v2_12')))],
    speech: await wavFilesBelowAll([join(directory, 'speech'), ...wakewords.map((word) => join(directory, 'wakeword', word))]),
    noise: await wavFilesBelowAll([...sets.map((set) => join(set, '_background_noise_')), join(directory, 'noise')]),
  };
}

/** The folders with lists of splits; Speech Commands first, also where its lists are missing. */
async function clipSets(directory: string): Promise<string[]> {
  const names = (await readdir(directory).catch(() => [])).filter((name) => name !== MAIN_SET).sort();
  const isSet = await Promise.all(names.map((name) => isFile(join(directory, name, SPLIT_LISTS.validation))));
  const others = names.filter((_, i) => isSet[i]).map((name) => join(directory, name));
  const hasMain = (await foldersOf(join(directory, MAIN_SET))).length > 0;
  return hasMain || others.length === 0 ? [join(directory, MAIN_SET), ...others] : others;
}

async function clipsOfSet(set: string): Promise<Clip[]> {
  const words = (await foldersOf(set)).filter((name) => !name.startsWith('_'));
  if (words.length === 0) return [];
  const validation = await readList(join(set, SPLIT_LISTS.validation));
  const testing = await readList(join(set, SPLIT_LISTS.test));
  const splitOf = (name: string): Split => (validation.has(name) ? 'validation' : testing.has(name) ? 'test' : 'training');
  const clips: Clip[] = [];
  for (const word of words) {
    for (const file of await wavFiles(join(set, word)))
      clips.push({ path: join(set, word, file), word, split: splitOf(`${word}/${file}`) });
  }
  return clips;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
}

/** Which label a spoken word has in a model that knows `keywords`. */
export function labelOf(word: string, keywords: ReadonlySet<string>): string {
  return word === SILENCE_LABEL || keywords.has(word) ? word : UNKNOWN_LABEL;
}

/** The share of readers whose speech no training hears; false accepts are counted on it. */
const HELD_BACK_SHARE = 0.25;

/** Speech below a folder of this name is all kept for evaluation. */
const HELD_BACK_FOLDER = /[/\\]speech[/\\](?:.+[/\\])?held_back[/\\]/;

/**
 * Whether a recording is kept for evaluation: all of `speech/held_back/`, and of `speech/librispeech/<reader>/…` a quarter of the readers, of whom all
 * recordings are or none.
 */
export function isHeldBackSpeech(path: string): boolean {
  if (HELD_BACK_FOLDER.test(path)) return true;
  const reader = /librispeech[/\\](\d+)/.exec(path)?.[1];
  return reader !== undefined && randomFor(Number(reader)).chance(HELD_BACK_SHARE);
}

/** Whether a recording of `noise/` is kept for evaluation; the background noise of Speech Commands is all for training. */
export function isHeldBackNoise(path: string): boolean {
  return isHeldBackByName(path, /[/\\]noise[/\\]/);
}

/** Whether an impulse response of `rir/` is kept for evaluation. */
export function isHeldBackRoom(path: string): boolean {
  return isHeldBackByName(path, /[/\\]rir[/\\]/);
}

function isHeldBackByName(path: string, folder: RegExp): boolean {
  return folder.test(path) && randomFor(...Buffer.from(basename(path))).chance(HELD_BACK_SHARE);
}

export type HeldBackSplit = Exclude<Split, 'training'>;

/** Chosen so that the halves are about equally long: a few readers have read most of the hours. */
const HALVES_SEED = 32;

/** Which half of the held-back speech and noise a recording is in: thresholds are chosen on one, figures measured on the other. */
export function heldBackSplit(path: string): HeldBackSplit {
  const source = /librispeech[/\\](\d+)/.exec(path)?.[1] ?? basename(path);
  return randomFor(HALVES_SEED, ...Buffer.from(source)).chance(0.5) ? 'validation' : 'test';
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

async function wavFilesBelowAll(directories: readonly string[]): Promise<string[]> {
  const paths = directories.map(async (directory) => (await wavFilesBelow(directory)).map((name) => join(directory, name)));
  return (await Promise.all(paths)).flat();
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

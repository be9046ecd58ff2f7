/** Turns recordings of some seconds, with a word somewhere inside, into clips of one second in Speech Commands' layout. */

import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import pMap from 'p-map';

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import { writeWav } from '#shared/audio/wav.ts';

import { TrainerError } from '../../trainer-error.ts';
import { readRecording } from '../read-recording.ts';
import { assertAbsent } from '../import/import-clips.ts';
import { writeSet } from '../import/write-set.ts';
import { clipName, speakerOf, splitOfSpeaker, type SplitShares, type Split } from '../speaker-split.ts';
import { groupSimilar, type Contour } from './similar-takes.ts';
import type { WordLocator } from './word-locator.ts';
import { energyShare, findWord, windowAround, wordLevelsDb, type WordBounds } from './word-bounds.ts';

const WINDOW_SAMPLES = SAMPLE_RATE_HZ;
const FILES_AT_ONCE = 16;
/** Numbered recordings are takes one after the other: so many in a row count as one speaker's. */
const TAKES_A_SPEAKER = 20;
/** How far below the loudest frame a contour tells recordings apart. */
const CONTOUR_RANGE_DB = 42;

export interface AlignOptions {
  /** `<word>/*.wav` */
  readonly from: string;
  /** The set to make, with `alignment.csv`. Must not exist. */
  readonly to: string;
  readonly shares: SplitShares;
  readonly licence: string;
  /** Where the recordings are from, for `source.yaml`. */
  readonly origin?: string | undefined;
  /** Asked first; energy finds what it does not. */
  readonly locate?: WordLocator | undefined;
  readonly onProgress: (files: number) => void;
}

/** One recording and what became of it. */
export interface AlignedClip {
  readonly word: string;
  readonly source: string;
  readonly file: string;
  readonly split: Split;
  /** Of the window in the recording; negative where the recording is shorter. */
  readonly windowStart: number;
  readonly wordSamples: number;
  /** The share of the word's energy inside the window: 1 but for words longer than it. */
  readonly energyKept: number;
  readonly peakAboveFloorDb: number;
  readonly foundBy: FoundBy;
}

/** Whether a model heard the word there, or it is what stands out. */
export type FoundBy = 'model' | 'energy';

export interface Alignment {
  readonly clips: readonly AlignedClip[];
  /** Recordings in which nothing stands out. */
  readonly silent: readonly string[];
}

interface Take {
  readonly source: string;
  readonly bounds: WordBounds;
  readonly foundBy: FoundBy;
  readonly samples: Float32Array;
}

/** Aligns a folder. @throws {TrainerError} `data_not_found`, `unreadable_clip`, `output_exists` */
export async function alignFolder(options: AlignOptions): Promise<Alignment> {
  const { from, to, shares, licence, origin, locate, onProgress } = options;
  const words = await wordFolders(from);
  const partial = `${to}.partial`;
  await assertAbsent(to);
  await rm(partial, { recursive: true, force: true });
  const clips: AlignedClip[] = [];
  const silent: string[] = [];
  for (const word of words) {
    const takes = await readTakes(join(from, word), {
      find: (samples) => found(word, samples, locate),
      onProgress: (done) => onProgress(clips.length + silent.length + done),
    });
    silent.push(...takes.filter((take) => typeof take === 'string').map((file) => `${word}/${file}`));
    clips.push(
      ...(await writeTakes(
        takes.filter((take) => typeof take !== 'string'),
        { word, to: partial, shares },
      )),
    );
  }
  await writeSet(partial, { clips: clips.map((clip) => ({ ...clip, source: `${clip.word}/${clip.source}` })), licence, origin });
  await writeTable(partial, clips);
  await rename(partial, to);
  return { clips, silent };
}

/** The recordings of a word; those without one as file names. */
async function readTakes(
  directory: string,
  {
    find,
    onProgress,
  }: { find: (samples: Float32Array) => Pick<Take, 'bounds' | 'foundBy'> | undefined; onProgress: (files: number) => void },
): Promise<(Take | string)[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.wav')).sort();
  let done = 0;
  return pMap(
    files,
    async (source) => {
      const samples = await readRecording(join(directory, source));
      const word = find(samples);
      onProgress(++done);
      return word === undefined ? source : { source, samples, ...word };
    },
    { concurrency: FILES_AT_ONCE },
  );
}

function found(word: string, samples: Float32Array, locate: WordLocator | undefined): Pick<Take, 'bounds' | 'foundBy'> | undefined {
  const heard = locate?.(word, samples);
  if (heard) return { bounds: heard, foundBy: 'model' };
  const bounds = findWord(samples);
  return bounds && { bounds, foundBy: 'energy' };
}

async function writeTakes(
  takes: readonly Take[],
  { word, to, shares }: { word: string; to: string; shares: SplitShares },
): Promise<AlignedClip[]> {
  const speakers = speakersOf(word, takes);
  const taken = new Map<string, number>();
  await mkdir(join(to, word), { recursive: true });
  const clips: AlignedClip[] = [];
  for (const [i, { source, bounds, foundBy, samples }] of takes.entries()) {
    const speaker = speakers[i]!;
    const number = taken.get(speaker) ?? 0;
    taken.set(speaker, number + 1);
    const file = clipName(speaker, number);
    const window = windowAround(samples, bounds, WINDOW_SAMPLES);
    await writeFile(join(to, word, file), writeWav(cut(samples, window.startSample), SAMPLE_RATE_HZ));
    clips.push({
      word,
      source,
      file,
      split: splitOfSpeaker(speaker, shares),
      windowStart: window.startSample,
      wordSamples: bounds.endSample - bounds.startSample,
      energyKept: energyShare(samples, bounds, window),
      peakAboveFloorDb: bounds.peakAboveFloorDb,
      foundBy,
    });
  }
  return clips;
}

/** A speaker for each take: as its name tells, else of its block of numbers, else of its group of takes that are alike. */
function speakersOf(word: string, takes: readonly Take[]): readonly string[] {
  const groups = groupSimilar(takes.map(contourOf));
  return takes.map(({ source }, i) => {
    const named = speakerOf(source);
    if (named !== source) return named;
    const number = /^(\d+)\.wav$/.exec(source)?.[1];
    const group = number === undefined ? takes[groups[i]!]!.source : `block ${Math.floor(Number(number) / TAKES_A_SPEAKER)}`;
    return createHash('sha1').update(`${word}/${group}`).digest('hex').slice(0, 8);
  });
}

function contourOf({ samples, bounds }: Take): Contour {
  const middle = Math.round((bounds.startSample + bounds.endSample - WINDOW_SAMPLES) / 2);
  const levels = wordLevelsDb(cut(samples, middle));
  const loudest = levels.reduce((most, level) => Math.max(most, level), Number.NEGATIVE_INFINITY);
  return { levelsDb: Float32Array.from(levels, (level) => Math.max(-CONTOUR_RANGE_DB, level - loudest)) };
}

/** A window of a recording, zeros where there is none. */
function cut(samples: Float32Array, start: number): Float32Array {
  return Float32Array.from({ length: WINDOW_SAMPLES }, (_, n) => samples[start + n] ?? 0);
}

/** Where each window lies in its recording. */
async function writeTable(directory: string, clips: readonly AlignedClip[]): Promise<void> {
  const rows = clips.map(({ word, file, windowStart, wordSamples, energyKept, peakAboveFloorDb, foundBy }) =>
    [`${word}/${file}`, windowStart, wordSamples, energyKept.toFixed(4), peakAboveFloorDb.toFixed(1), foundBy].join(','),
  );
  const header = 'clip,window_start_samples,word_samples,energy_kept,peak_above_floor_db,found_by';
  await writeFile(join(directory, 'alignment.csv'), [header, ...rows, ''].join('\n'));
}

async function wordFolders(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const words = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('_')).map(({ name }) => name);
  if (words.length === 0) throw new TrainerError('data_not_found', `no folders of words in ${directory}`);
  return words.sort();
}

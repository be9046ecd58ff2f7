/** Where the word lies in a recording of one word: by energy, against the recording's own floor. */

import { FRAME_SAMPLES, frameLevelsDb, type Span } from './frame-levels.ts';

/** A stretch of frames, `[start, end)`. */
interface Frames {
  readonly start: number;
  readonly end: number;
}

/** What speaks for it that a recording holds one word, and where. */
export interface WordBounds extends Span {
  /** Of the word's loudest part, above the recording's floor. */
  readonly peakAboveFloorDb: number;
  /** Of what is as loud as a word in the recording, the share that lies inside the bounds. */
  readonly energyInside: number;
}

/** The level of a frame that holds nothing: that of the quietest 16-bit sample. */
const SILENT_DB = -90;
/** Rumble and mains hum lie below. */
const HIGH_PASS_HZ = 120;
/** The floor is as loud as the quietest tenth of the frames: a recording of some seconds has that much silence. */
const FLOOR_SHARE = 0.1;
const PEAK_SHARE = 0.98;
/** What is this far below the peak is no word, however silent the rest: recordings are padded with zeros, and gated. */
const MAX_RANGE_DB = 42;
/** A frame belongs to a word for sure from this share of the way from floor to peak on (in dB), and at the word's edges from the lower one on. */
const CORE = 0.5;
const EDGE = 0.22;
/** Quieter than this above the floor is no edge of a word. */
const MIN_EDGE_DB = 5;
/** Stops inside a word, and the pause between two words of a name, are shorter. */
const MAX_GAP_FRAMES = 40;
/** A click or a lip smack is shorter than a word. */
const MIN_WORD_FRAMES = 12;
/** Nothing is said at all where the peak is not this far above the floor. */
const MIN_PEAK_DB = 9;
/** An edge creeps outwards through weak consonants for at most this long. */
const MAX_EDGE_FRAMES = 18;

/** Finds the word; `undefined` where nothing stands out of the floor. */
export function findWord(samples: Float32Array): WordBounds | undefined {
  const levels = wordLevelsDb(samples);
  const sorted = withoutPadding(levels).sort();
  const peak = quantile(sorted, PEAK_SHARE);
  const floor = Math.max(quantile(sorted, FLOOR_SHARE), peak - MAX_RANGE_DB);
  const range = peak - floor;
  if (!(range >= MIN_PEAK_DB)) return undefined;
  const cores = stretchesAbove(levels, floor + CORE * range).filter((core) => energyOf(levels, core) > 0);
  const words = joined(cores).filter(({ start, end }) => end - start >= MIN_WORD_FRAMES);
  const total = words.reduce((sum, word) => sum + energyOf(levels, word), 0);
  const [word] = words.sort((a, b) => energyOf(levels, b) - energyOf(levels, a));
  if (word === undefined) return undefined;
  const { start, end } = withEdges(word, levels, floor + Math.max(MIN_EDGE_DB, EDGE * range));
  return {
    startSample: start * FRAME_SAMPLES,
    endSample: Math.min(samples.length, end * FRAME_SAMPLES),
    peakAboveFloorDb: range,
    energyInside: energyOf(levels, word) / total,
  };
}

/**
 * The window that holds a word: the word in its middle, or, of a word that is longer, the part with the most sound. It reaches over the ends of the
 * recording only if that is shorter.
 */
export function windowAround(samples: Float32Array, word: Span, windowSamples: number): Span {
  const { startSample, endSample } = word;
  const from =
    endSample - startSample <= windowSamples
      ? Math.round((startSample + endSample - windowSamples) / 2)
      : startSample + fullestOffset(samples, word, windowSamples);
  const latest = samples.length - windowSamples;
  const inside = latest < 0 ? Math.round(latest / 2) : Math.min(Math.max(0, from), latest);
  return { startSample: inside, endSample: inside + windowSamples };
}

/** The share of a stretch's energy that another one holds. */
export function energyShare(samples: Float32Array, { startSample, endSample }: Span, within: Span): number {
  let [inside, total] = [0, 0];
  for (let n = startSample; n < endSample; n++) {
    total += samples[n]! ** 2;
    if (n >= within.startSample && n < within.endSample) inside += samples[n]! ** 2;
  }
  return total === 0 ? 1 : inside / total;
}

/** Counted in dB, so that a weak consonant counts nearly as much as a vowel. */
function fullestOffset(samples: Float32Array, { startSample, endSample }: Span, windowSamples: number): number {
  const levels = wordLevelsDb(samples.subarray(startSample, endSample)).map((level) => level - SILENT_DB);
  const width = windowSamples / FRAME_SAMPLES;
  let [sum, best, bestFrame] = [levels.subarray(0, width).reduce((total, level) => total + level, 0), Number.NEGATIVE_INFINITY, 0];
  for (let frame = 0; frame + width <= levels.length; frame++) {
    if (sum > best) [best, bestFrame] = [sum, frame];
    sum += (levels[frame + width] ?? 0) - levels[frame]!;
  }
  return bestFrame * FRAME_SAMPLES;
}

/** The levels that words are found by: high-passed, in dB of full scale. */
export function wordLevelsDb(samples: Float32Array): Float64Array {
  return frameLevelsDb(samples, { leastDb: SILENT_DB, highPassHz: HIGH_PASS_HZ });
}

/** A copy of the levels between the zeros that programs put before and behind a recording. */
function withoutPadding(levels: Float64Array): Float64Array {
  const first = levels.findIndex((level) => level > SILENT_DB);
  return first < 0 ? levels.slice() : levels.slice(first, levels.findLastIndex((level) => level > SILENT_DB) + 1);
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** In frames. */
function stretchesAbove(levels: Float64Array, threshold: number): Frames[] {
  const stretches: Frames[] = [];
  for (let frame = 0; frame < levels.length; frame++) {
    if (levels[frame]! < threshold) continue;
    const start = frame;
    while (frame < levels.length && levels[frame]! >= threshold) frame++;
    stretches.push({ start, end: frame });
  }
  return stretches;
}

function joined(stretches: readonly Frames[]): Frames[] {
  const words: Frames[] = [];
  for (const stretch of stretches) {
    const last = words.at(-1);
    if (last !== undefined && stretch.start - last.end <= MAX_GAP_FRAMES) words[words.length - 1] = { start: last.start, end: stretch.end };
    else words.push(stretch);
  }
  return words;
}

function withEdges({ start, end }: Frames, levels: Float64Array, threshold: number): Frames {
  const [first, last] = [Math.max(0, start - MAX_EDGE_FRAMES), Math.min(levels.length, end + MAX_EDGE_FRAMES)];
  let [from, to] = [start, end];
  while (from > first && levels[from - 1]! >= threshold) from--;
  while (to < last && levels[to]! >= threshold) to++;
  return { start: from, end: to };
}

function energyOf(levels: Float64Array, { start, end }: Frames): number {
  let sum = 0;
  for (let frame = start; frame < end; frame++) sum += 10 ** (levels[frame]! / 10);
  return sum;
}

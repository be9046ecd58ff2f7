/** Where a word begins and above all ends inside its recording, final bursts included, and how loud it is: what latency and noise are counted from. */

import { FRAME_SAMPLES, frameLevelsDb, type Span } from '../corpus/alignment/frame-levels.ts';

/** A weak final consonant is some 25 dB below the vowel. */
const BELOW_LOUDEST_DB = 28;
/** What is no louder than this above the recording's own noise is noise. */
const ABOVE_NOISE_DB = 9;
/** Noise that is nearly as loud as the word leaves at least this much of the word. */
const LEAST_DEPTH_DB = 10;
const NOISE_QUANTILE = 0.15;
/** The closure before a final plosive, and the gap between the two words of a phrase; what follows later is no part of the word. */
const LONGEST_GAP_FRAMES = 20;
/** A click is shorter. */
const SHORTEST_BURST_FRAMES = 2;
/** Frames this far below the loudest one are pauses: they do not count in the level of speech. */
const PAUSE_DB = 30;
const SILENCE_DB = -120;

/** The stretch of the word around its loudest frame: the frames above the noise, over gaps that occur inside a word. The whole of a silent recording. */
export function wordSpan(recording: Int16Array): Span {
  const levels = levelsDb(recording);
  const loudest = Math.max(...levels);
  if (levels.length === 0 || loudest <= SILENCE_DB) return { startSample: 0, endSample: recording.length };
  const isLoud = loudFrames(levels, loudest);
  const peak = levels.indexOf(loudest);
  const [before, after] = [reach(isLoud, peak, -1), reach(isLoud, peak, 1)];
  return { startSample: before * FRAME_SAMPLES, endSample: (after + 1) * FRAME_SAMPLES };
}

/** The level of what is said: the RMS of the frames that are no pauses, as 16-bit samples; 0 for silence. */
export function activeRms(recording: Int16Array): number {
  const levels = levelsDb(recording);
  const floor = Math.max(SILENCE_DB, Math.max(...levels) - PAUSE_DB);
  const active = levels.filter((level) => level > floor);
  if (active.length === 0) return 0;
  return Math.sqrt(active.reduce((sum, level) => sum + 10 ** (level / 10), 0) / active.length);
}

function loudFrames(levels: Float64Array, loudest: number): boolean[] {
  const noise = levels.slice().sort()[Math.floor(NOISE_QUANTILE * levels.length)]!;
  const limit = Math.min(Math.max(loudest - BELOW_LOUDEST_DB, noise + ABOVE_NOISE_DB), loudest - LEAST_DEPTH_DB);
  const isLoud = Array.from(levels, (level) => level > limit);
  return isLoud.map((loud, i) => loud && burstLength(isLoud, i) >= SHORTEST_BURST_FRAMES);
}

function burstLength(isLoud: readonly boolean[], i: number): number {
  let [first, last] = [i, i];
  while (isLoud[first - 1]) first--;
  while (isLoud[last + 1]) last++;
  return last - first + 1;
}

/** The last loud frame from `start` in one direction that no gap longer than a word has parts from. */
function reach(isLoud: readonly boolean[], start: number, step: 1 | -1): number {
  let last = start;
  for (let i = start + step; isLoud[i] !== undefined && Math.abs(i - last) <= LONGEST_GAP_FRAMES; i += step) {
    if (isLoud[i]) last = i;
  }
  return last;
}

/** In dB of 16-bit samples; what is left behind the last whole frame does not count. */
function levelsDb(recording: Int16Array): Float64Array {
  return frameLevelsDb(recording.subarray(0, recording.length - (recording.length % FRAME_SAMPLES)), { leastDb: SILENCE_DB });
}

/** How loud a recording is, frame by frame, and stretches of it: what words are found by. */

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';

/** A stretch of samples, `[startSample, endSample)`. */
export interface Span {
  readonly startSample: number;
  readonly endSample: number;
}

/** 10 ms. */
export const FRAME_SAMPLES = SAMPLE_RATE_HZ / 100;

export interface LevelOptions {
  /** Quieter frames, digital silence above all, count as loud as this. */
  readonly leastDb: number;
  /** What lies below is left out, by a filter of the first order; nothing where it is not said. */
  readonly highPassHz?: number;
}

/** The RMS of each frame, in dB of the samples' own unit; a last frame that is cut short counts as if silence followed. */
export function frameLevelsDb(samples: Float32Array | Int16Array, { leastDb, highPassHz }: LevelOptions): Float64Array {
  const levels = new Float64Array(Math.ceil(samples.length / FRAME_SAMPLES));
  const feedback = highPassHz === undefined ? 1 : Math.exp((-2 * Math.PI * highPassHz) / SAMPLE_RATE_HZ);
  let [low, sum] = [highPassHz === undefined ? 0 : (samples[0] ?? 0), 0];
  for (let n = 0; n < samples.length; n++) {
    low = feedback * low + (1 - feedback) * samples[n]!;
    sum += (samples[n]! - low) ** 2;
    if ((n + 1) % FRAME_SAMPLES !== 0 && n + 1 < samples.length) continue;
    levels[Math.floor(n / FRAME_SAMPLES)] = Math.max(leastDb, 10 * Math.log10(sum / FRAME_SAMPLES));
    sum = 0;
  }
  return levels;
}

/** What a network sees of a feature frame: each coefficient centred and scaled by the statistics of training, and always finite. */

import type { Manifest } from '#shared/model/manifest.ts';

/**
 * No normalised coefficient leaves ±this. Speech stays within ±10; the bound keeps every sum in a network finite, so that one broken
 * frame cannot become a NaN posterior.
 */
export const NORMALISED_LIMIT = 1e4;

/**
 * Normalises whole frames: `(coefficient − mean) / deviation`, limited to ±`NORMALISED_LIMIT`; a value that is not finite counts as
 * the mean.
 *
 * @param frames - `[frames, coefficients]`, row-major
 * @param out - same shape, owned by the caller; may be `frames` itself
 */
export function normaliseFrames(frames: Float32Array, { mean, deviation }: Manifest['normalisation'], out: Float32Array): void {
  const coefficients = mean.length;
  for (let i = 0; i < frames.length; i++) {
    const value = frames[i]!;
    const coefficient = i % coefficients;
    const normalised = Number.isFinite(value) ? (value - mean[coefficient]!) / deviation[coefficient]! : 0;
    out[i] = Math.max(-NORMALISED_LIMIT, Math.min(NORMALISED_LIMIT, normalised));
  }
}

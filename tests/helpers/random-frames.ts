/** Seeded feature frames about as speech has them, and the stretch of them that each window adds. */

import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

import { strideFrames, windowFrames, type Manifest } from '#shared/model/manifest.ts';

/** Unnormalised frames `[frames, coefficients]` for that many windows of a stream. */
export function framesOf(manifest: Manifest, windows: number, seed: number): Float32Array {
  const { mean, deviation } = manifest.normalisation;
  const generator = xoroshiro128plus(seed);
  const frames = windowFrames(manifest) + (windows - 1) * strideFrames(manifest);
  const spread = Math.sqrt(3); // of a uniform variable with unit variance
  return Float32Array.from({ length: frames * mean.length }, (_, i) => {
    const coefficient = i % mean.length;
    return mean[coefficient]! + deviation[coefficient]! * spread * (2 * uniformFloat32(generator) - 1);
  });
}

/** The frames that `advance` takes for a window: all of the first, the new stride of any other. */
export function strideOf(frames: Float32Array, manifest: Manifest, window: number): Float32Array {
  const { coefficients } = manifest.features;
  const end = windowFrames(manifest) + window * strideFrames(manifest);
  const start = window === 0 ? 0 : end - strideFrames(manifest);
  return frames.slice(start * coefficients, end * coefficients);
}

/** All frames of one window. */
export function windowOf(frames: Float32Array, manifest: Manifest, window: number): Float32Array {
  const { coefficients } = manifest.features;
  const start = window * strideFrames(manifest);
  return frames.slice(start * coefficients, (start + windowFrames(manifest)) * coefficients);
}

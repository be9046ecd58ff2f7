/** From samples to the feature frames that are new with each stride, so that overlapping windows compute a frame once. */

import { framesIn } from '#shared/features/feature-config.ts';
import type { FeatureExtractor } from '#shared/features/mfcc.ts';
import { strideFrames, type Manifest } from '#shared/model/manifest.ts';

/**
 * Carries samples from chunk to chunk until a stride is whole, at most one stride and the part of a frame before it.
 *
 * The first stride is short, such that a later one ends exactly where the first window does:
 * 97 frames are 1 and then 12 times 8. From there on each stride completes a window.
 */
export class StrideFeatures {
  readonly #carry: Float32Array;
  /** What stays in the carry: the samples from where the next frame begins. */
  readonly #overlapSamples: number;
  readonly #hopSamples: number;
  readonly #frames: Float32Array;
  readonly #coefficients: number;
  #heldSamples = 0;
  #dueFrames: number;

  constructor(manifest: Manifest) {
    const { windowSamples, strideSamples, features } = manifest;
    const frames = framesIn(windowSamples, features);
    const perStride = strideFrames(manifest);
    this.#hopSamples = features.hopSamples;
    this.#coefficients = features.coefficients;
    this.#overlapSamples = windowSamples - frames * features.hopSamples;
    this.#carry = new Float32Array(this.#overlapSamples + strideSamples);
    this.#frames = new Float32Array(perStride * features.coefficients);
    this.#dueFrames = ((frames - 1) % perStride) + 1;
  }

  /** Takes what the stride still needs from `samples[from…]`, and says how many samples that were. */
  fill(samples: Float32Array, from: number): number {
    const taken = Math.min(samples.length - from, this.#dueSamples - this.#heldSamples);
    this.#carry.set(samples.subarray(from, from + taken), this.#heldSamples);
    this.#heldSamples += taken;
    return taken;
  }

  /** Whether the stride is whole. */
  get isDue(): boolean {
    return this.#heldSamples === this.#dueSamples;
  }

  /** Gives the frames of the stride that is due, `[frames, coefficients]`, and begins the next; a view that the next call overwrites. */
  take(extractor: FeatureExtractor): Float32Array {
    const frames = this.#dueFrames;
    extractor.extract(this.#carry, frames, this.#frames);
    this.#carry.copyWithin(0, this.#heldSamples - this.#overlapSamples, this.#heldSamples);
    this.#heldSamples = this.#overlapSamples;
    this.#dueFrames = this.#frames.length / this.#coefficients;
    return this.#frames.subarray(0, frames * this.#coefficients);
  }

  get #dueSamples(): number {
    return this.#overlapSamples + this.#dueFrames * this.#hopSamples;
  }
}

/** What an inference engine gives: a model that scores windows, and streams that share work between overlapping ones. */

import type { Convolver } from '#shared/audio/convolver.ts';
import type { FeatureExtractor } from '#shared/features/mfcc.ts';
import type { Artefact } from '#shared/model/artefact.ts';
import type { Manifest } from '#shared/model/manifest.ts';

export type EngineName = 'kernel' | 'reference' | 'tfjs';

/** Makes classifiers of one kind. */
export interface Engine {
  readonly name: EngineName;
  /** @throws {ModelError} `unsupported_topology` */
  load(artefact: Artefact): Classifier;
}

/** One model, ready to run. Any number of streams share it in one thread. */
export interface Classifier {
  readonly manifest: Manifest;
  /** Computes this model's features; shared by its streams, not re-entrant. */
  readonly extractor: FeatureExtractor;
  /** The engine's own arithmetic for resampling, if it has one; it outlives the classifier. */
  readonly convolver?: Convolver;
  openStream(): ClassifierStream;
  /** Frees what the engine holds outside the heap; no stream may be open. */
  close(): void;
}

/** The state of one stream of frames. */
export interface ClassifierStream {
  /**
   * Completes the next window.
   *
   * @param frames - unnormalised features, row-major: the first call after opening or `reset` takes a whole window
   *   `[windowFrames, coefficients]`, every later one the stride that is new `[strideFrames, coefficients]`
   * @returns posteriors in label order, summing to 1; the array is reused by the next call
   */
  advance(frames: Float32Array): Float32Array;
  /** Forgets everything heard. */
  reset(): void;
  close(): void;
}

/** What the reference engine makes of one window: every other way of running a model is held to it. */

import type { Artefact } from '#shared/model/artefact.ts';
import { referenceEngine } from '#shared/model/reference-engine.ts';

/** Posteriors of unnormalised frames `[windowFrames, coefficients]`. */
export function referencePosteriors(artefact: Artefact, frames: Float32Array): Float32Array {
  const classifier = referenceEngine.load(artefact);
  const stream = classifier.openStream();
  const posteriors = stream.advance(frames).slice();
  stream.close();
  classifier.close();
  return posteriors;
}

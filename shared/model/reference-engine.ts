/** The reference engine: each window computed alone by plain loops, nothing shared, nothing clever. The oracle for faster engines. */

import { MfccExtractor } from '#shared/features/mfcc.ts';
import type { Artefact } from '#shared/model/artefact.ts';
import type { Classifier, ClassifierStream, Engine } from '#shared/model/classifier.ts';
import { strideFrames, windowFrames } from '#shared/model/manifest.ts';
import { normaliseFrames } from '#shared/model/normalisation.ts';
import { runLayer, type Activations } from '#shared/model/reference-layers.ts';
import { shapesOf } from '#shared/model/topology.ts';
import { WindowOfFrames } from '#shared/model/window-of-frames.ts';

/** Runs every topology that a manifest can describe. */
export const referenceEngine: Engine = { name: 'reference', load: loadReference };

function loadReference(artefact: Artefact): Classifier {
  const { manifest } = artefact;
  return {
    manifest,
    extractor: new MfccExtractor(manifest.features),
    openStream: () => new ReferenceStream(artefact),
    close: () => undefined,
  };
}

/**
 * Scores one window, computed alone.
 *
 * @param frames - unnormalised features `[windowFrames, coefficients]`, row-major
 * @returns posteriors in label order
 */
export function scoreWindow(artefact: Artefact, frames: Float32Array): Float32Array {
  const { topology, features, normalisation } = artefact.manifest;
  const steps = frames.length / features.coefficients;
  const values = new Float32Array(frames.length);
  normaliseFrames(frames, normalisation, values);
  let activations: Activations = { steps, channels: features.coefficients, values };
  for (const shape of shapesOf(topology, steps, features.coefficients)) activations = runLayer(shape, activations, artefact);
  return activations.values;
}

class ReferenceStream implements ClassifierStream {
  readonly #artefact: Artefact;
  readonly #window: WindowOfFrames;

  constructor(artefact: Artefact) {
    const { manifest } = artefact;
    this.#artefact = artefact;
    this.#window = new WindowOfFrames({
      windowFrames: windowFrames(manifest),
      strideFrames: strideFrames(manifest),
      coefficients: manifest.features.coefficients,
    });
  }

  advance(frames: Float32Array): Float32Array {
    return scoreWindow(this.#artefact, this.#window.advance(frames));
  }

  reset(): void {
    this.#window.reset();
  }

  close(): void {
    this.reset();
  }
}

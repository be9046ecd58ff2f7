/** The TF.js export gives the numbers that the reference engine gives. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { fc, test as property } from '@fast-check/vitest';
import * as tf from '@tensorflow/tfjs-node';
import { expect, onTestFinished, test } from 'vitest';

import type { Artefact } from '#shared/model/artefact.ts';
import { windowFrames } from '#shared/model/manifest.ts';
import { normaliseFrames } from '#shared/model/normalisation.ts';

import { loadArtefact } from '../../../../services/trainer/artefact-files.ts';
import { exportModel } from '../../../../services/trainer/export/export-model.ts';
import { layersModel } from '../../../../services/trainer/export/layers-model.ts';
import { ROOT } from '../../../../scripts/lib/paths.mjs';
import { framesOf } from '../../../helpers/random-frames.ts';
import { modelOf, modelRecipe } from '../../../helpers/random-model.ts';
import { referencePosteriors } from '../../../helpers/reference-posteriors.ts';

interface ModelJson {
  readonly modelTopology: object;
  readonly weightsManifest: readonly { readonly weights: { name: string; shape: number[]; dtype: 'float32' }[] }[];
}

const TOLERANCE = 1e-4;

property.prop([modelRecipe, fc.integer({ min: 1, max: 1000 })], { numRuns: 20 })(
  'any network, read back by TF.js, gives what the reference gives, and leaves no tensor',
  async (recipe, seed) => {
    const artefact = await modelOf(recipe);
    const frames = framesOf(artefact.manifest, 1, seed);
    const tensors = tf.memory().numTensors;

    const model = await tf.loadLayersModel(inMemory(artefact));

    expect(largestDifference(predicted(model, artefact, frames), referencePosteriors(artefact, frames))).toBeLessThan(TOLERANCE);
    model.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  },
);

test('the default model goes to disk as TF.js reads it, with its manifest', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'export-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const artefact = await loadArtefact(join(ROOT, 'models/default'));
  const frames = framesOf(artefact.manifest, 1, 7);

  const files = await exportModel({ modelDirectory: join(ROOT, 'models/default'), format: 'tfjs', directory });
  const model = await tf.loadLayersModel(`file://${join(directory, 'model.json')}`);

  expect(files.map((file) => file.slice(directory.length + 1))).toEqual(['model.json', 'weights.bin', 'manifest.json']);
  expect(largestDifference(predicted(model, artefact, frames), referencePosteriors(artefact, frames))).toBeLessThan(TOLERANCE);
  model.dispose();
});

function inMemory(artefact: Artefact): ReturnType<typeof tf.io.fromMemory> {
  const { modelJson, weightsBytes } = layersModel(artefact);
  const { modelTopology, weightsManifest } = JSON.parse(modelJson) as ModelJson;
  return tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest[0]!.weights, weightData: weightsBytes.buffer as ArrayBuffer });
}

function predicted(model: tf.LayersModel, { manifest }: Artefact, frames: Float32Array): Float32Array {
  const normalised = new Float32Array(frames.length);
  normaliseFrames(frames, manifest.normalisation, normalised);
  return tf.tidy(() => {
    const input = tf.tensor3d(normalised, [1, windowFrames(manifest), manifest.features.coefficients]);
    return (model.predict(input) as tf.Tensor).dataSync<'float32'>();
  });
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a).toHaveLength(b.length);
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}

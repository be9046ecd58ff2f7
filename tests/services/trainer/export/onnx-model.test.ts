/** The ONNX export gives the numbers that the reference engine gives, in onnxruntime. */

import { createRequire } from 'node:module';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { fc, test as property } from '@fast-check/vitest';
import { expect, onTestFinished, test } from 'vitest';

import type { Artefact } from '#shared/model/artefact.ts';
import { windowFrames } from '#shared/model/manifest.ts';
import { normaliseFrames } from '#shared/model/normalisation.ts';

import { loadArtefact } from '../../../../services/trainer/artefact-files.ts';
import { exportModel } from '../../../../services/trainer/export/export-model.ts';
import { onnxModel } from '../../../../services/trainer/export/onnx-model.ts';
import { ROOT } from '../../../../scripts/lib/paths.mjs';
import { programOf } from '../../../helpers/parts.ts';
import { framesOf } from '../../../helpers/random-frames.ts';
import { modelOf, modelRecipe } from '../../../helpers/random-model.ts';
import { referencePosteriors } from '../../../helpers/reference-posteriors.ts';

interface OnnxRuntime {
  readonly InferenceSession: { create(model: Uint8Array): Promise<Session> };
  readonly Tensor: new (type: 'float32', data: Float32Array, shape: readonly number[]) => unknown;
}

interface Session {
  run(feeds: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, { readonly data: Float32Array }>>>;
}

const { InferenceSession, Tensor } = createRequire(import.meta.url)(programOf('onnxruntime')) as OnnxRuntime;
const TOLERANCE = 1e-4;
const BATCH = 2;

property.prop([modelRecipe, fc.integer({ min: 1, max: 1000 })], { numRuns: 20 })(
  'any network gives in onnxruntime what it gives in the reference, each window of a batch on its own',
  async (recipe, seed) => {
    const artefact = await modelOf(recipe);
    const windows = Array.from({ length: BATCH }, (_, i) => framesOf(artefact.manifest, 1, seed + i));

    const posteriors = await scored(onnxModel(artefact), artefact, windows);

    windows.forEach((frames, i) => {
      expect(largestDifference(posteriors[i]!, referencePosteriors(artefact, frames))).toBeLessThan(TOLERANCE);
    });
  },
);

test('the default model goes to disk as onnxruntime reads it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'export-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const artefact = await loadArtefact(join(ROOT, 'models/default'));
  const frames = framesOf(artefact.manifest, 1, 7);

  await exportModel({ modelDirectory: join(ROOT, 'models/default'), format: 'onnx', directory });

  const [posteriors] = await scored(await readFile(join(directory, 'model.onnx')), artefact, [frames]);
  expect(largestDifference(posteriors!, referencePosteriors(artefact, frames))).toBeLessThan(TOLERANCE);
});

async function scored(model: Uint8Array, { manifest }: Artefact, windows: readonly Float32Array[]): Promise<Float32Array[]> {
  const width = windows[0]!.length;
  const batch = new Float32Array(width * windows.length);
  windows.forEach((frames, i) => normaliseFrames(frames, manifest.normalisation, batch.subarray(i * width, (i + 1) * width)));
  const session = await InferenceSession.create(model);
  const features = new Tensor('float32', batch, [windows.length, windowFrames(manifest), manifest.features.coefficients]);
  const { posteriors } = await session.run({ features });
  const labels = manifest.labels.length;
  return windows.map((_, i) => posteriors!.data.slice(i * labels, (i + 1) * labels));
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a).toHaveLength(b.length);
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}

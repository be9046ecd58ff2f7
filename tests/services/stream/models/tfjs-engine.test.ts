import { readFile } from 'node:fs/promises';

import { fc, test as property } from '@fast-check/vitest';
import * as tf from '@tensorflow/tfjs-node';
import { beforeAll, describe, expect, test } from 'vitest';

import { readWav } from '#shared/audio/wav.ts';
import { DEFAULT_FEATURES } from '#shared/features/feature-config.ts';
import type { Engine } from '#shared/model/classifier.ts';
import { referenceEngine } from '#shared/model/reference-engine.ts';

import { createTfjsEngine } from '../../../../services/stream/models/tfjs-engine.ts';
import { testKernelEngine } from '../../../helpers/kernel.ts';
import { framesOf, strideOf } from '../../../helpers/random-frames.ts';
import { modelOf, modelRecipe } from '../../../helpers/random-model.ts';
import { tinyArtefact } from '../../../helpers/tiny-model.ts';

const TOLERANCE = 1e-4;

let engine: Engine;

beforeAll(async () => {
  engine = await createTfjsEngine();
});

describe('the tfjs engine', () => {
  property.prop([modelRecipe, fc.integer({ min: 1, max: 3 })], { numRuns: 25 })(
    'gives what the reference gives, whatever the network',
    async (recipe, windows) => {
      const artefact = await modelOf(recipe);
      const frames = framesOf(artefact.manifest, windows, recipe.seed);
      const classifier = engine.load(artefact);
      const [stream, reference] = [classifier.openStream(), referenceEngine.load(artefact).openStream()];

      for (let window = 0; window < windows; window++) {
        const stride = strideOf(frames, artefact.manifest, window);
        expect(largestDifference(stream.advance(stride), reference.advance(stride))).toBeLessThan(TOLERANCE);
      }

      stream.close();
      classifier.close();
    },
  );

  test('agrees with the kernel on recordings, features included', async () => {
    const artefact = await tinyArtefact();
    const kernelEngine = await testKernelEngine();
    const classifiers = [engine.load(artefact), kernelEngine.load(artefact)];
    for (const path of await recordings()) {
      const { samples } = readWav(await readFile(path));
      const [ours, theirs] = classifiers.map((classifier) => {
        const frames = new Float32Array(97 * DEFAULT_FEATURES.coefficients);
        const window = new Float32Array(16_000);
        window.set(samples.subarray(0, 16_000));
        classifier.extractor.extract(window, 97, frames);
        const stream = classifier.openStream();
        const posteriors = stream.advance(frames).slice();
        stream.close();
        return posteriors;
      });
      expect(largestDifference(ours!, theirs!), path).toBeLessThan(TOLERANCE);
    }
    for (const classifier of classifiers) classifier.close();
  });

  test('leaves no tensors behind', async () => {
    const artefact = await tinyArtefact();
    const frames = framesOf(artefact.manifest, 2, 1);
    const before = tf.memory().numTensors;

    const classifier = engine.load(artefact);
    const stream = classifier.openStream();
    stream.advance(strideOf(frames, artefact.manifest, 0));
    stream.advance(strideOf(frames, artefact.manifest, 1));
    stream.close();
    classifier.close();

    expect(tf.memory().numTensors).toBe(before);
  });
});

/** The few real recordings that are committed. */
async function recordings(): Promise<string[]> {
  const { readdir } = await import('node:fs/promises');
  const folder = 'tests/fixtures/recordings';
  const names = await readdir(folder).catch(() => []);
  return ['tests/golden/clip.wav', ...names.filter((name) => name.endsWith('.wav')).map((name) => `${folder}/${name}`)];
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}

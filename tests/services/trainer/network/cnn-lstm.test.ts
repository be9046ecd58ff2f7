/** The network under training is the network that is exported. */

import * as tf from '@tensorflow/tfjs-node';
import { expect, test } from 'vitest';

import { readArtefact, writeArtefact } from '#shared/model/artefact.ts';
import { referenceEngine } from '#shared/model/reference-engine.ts';

import type { NetworkConfig } from '../../../../services/trainer/config.ts';
import { CnnLstm } from '../../../../services/trainer/network/cnn-lstm.ts';
import { widened } from '../../../../services/trainer/network/widen.ts';
import { AdamW } from '../../../../services/trainer/training/adam-w.ts';
import { trainStep } from '../../../../services/trainer/training/train-step.ts';
import { randomFor } from '../../../../services/trainer/random.ts';
import { tinyManifest } from '../../../helpers/tiny-model.ts';

const [CLIPS, FRAMES, COEFFICIENTS, LABELS] = [32, 97, 40, 4];
const CONFIG: NetworkConfig = {
  bandConvolutions: [],
  convolutions: [
    { filters: 6, kernelSteps: 6, pool: 2 },
    { filters: 8, kernelSteps: 5, pool: 2 },
    { filters: 8, kernelSteps: 4, pool: 2 },
  ],
  lstmUnits: [8, 6],
  pooling: 'attention',
  dropout: 0.1,
};
const OVER_BANDS: NetworkConfig = {
  ...CONFIG,
  bandConvolutions: [
    { filters: 4, kernelSteps: 5, kernelBands: 5, strideSteps: 2, strideBands: 2, pool: 1 },
    { filters: 5, kernelSteps: 3, kernelBands: 4, strideSteps: 1, strideBands: 3, pool: 2 },
  ],
  convolutions: [{ filters: 8, kernelSteps: 3, pool: 2 }],
};
const NETWORKS = { 'over time': CONFIG, 'over time and bands': OVER_BANDS };

test.each(Object.entries(NETWORKS))('gives the same posteriors as its export in the reference engine, convolving %s', async (_, config) => {
  const features = someFeatures();
  const network = await trainedNetwork(features, config);

  const artefact = await readArtefact(
    await writeArtefact({ ...tinyManifest(), topology: [...network.topology()] }, network.exportWeights()),
  );

  const stream = referenceEngine.load({ ...artefact, manifest: { ...artefact.manifest, normalisation: NO_NORMALISATION } }).openStream();
  const window = features.slice(0, FRAMES * COEFFICIENTS);
  expect(maxDifference(stream.advance(window), posteriorsOf(network, window))).toBeLessThan(1e-5);
});

test.each(Object.entries(NETWORKS))('a wider network begins with what a narrower one computes, convolving %s', async (_, config) => {
  const features = someFeatures();
  const network = await trainedNetwork(features, config);
  const successor = newNetwork(2, wider(config));
  const weights = widened(exportedWeights(network), {
    initial: exportedWeights(successor),
    from: network.topology(),
    to: successor.topology(),
    frames: FRAMES,
    coefficients: COEFFICIENTS,
  });

  successor.importWeights(weights, { input: tf.tensor3d(features, [CLIPS, FRAMES, COEFFICIENTS]), outputs: [0, 1, 2, 3] });

  expect(maxDifference(posteriorsOf(successor, features), posteriorsOf(network, features))).toBeLessThan(1e-4);
});

test.each([
  ['a narrower network', { ...CONFIG, lstmUnits: [8, 5] }, 'lstm2'],
  ['other layers', { ...CONFIG, lstmUnits: [8] }, 'the layers'],
])('%s cannot begin with a model, and says so', (_, config, named) => {
  const network = newNetwork(1);
  const successor = newNetwork(2, config);

  const widening = (): unknown =>
    widened(exportedWeights(network), {
      initial: exportedWeights(successor),
      from: network.topology(),
      to: successor.topology(),
      frames: FRAMES,
      coefficients: COEFFICIENTS,
    });

  expect(widening).toThrow(expect.objectContaining({ code: 'topology_mismatch', message: expect.stringContaining(named) as unknown }));
});

test.each(Object.entries(NETWORKS))('goes on from an export as if it had never stopped, convolving %s', async (_, config) => {
  const features = someFeatures();
  const network = await trainedNetwork(features, config);
  const weights = exportedWeights(network);
  const successor = newNetwork(2, config);

  successor.importWeights(weights, { input: tf.tensor3d(features, [CLIPS, FRAMES, COEFFICIENTS]), outputs: [0, 1, 2, 3] });

  expect(maxDifference(posteriorsOf(successor, features), posteriorsOf(network, features))).toBeLessThan(1e-4); // folded and unfolded in float32
});

test('takes over the outputs of the words that a model knows, wherever they are there', async () => {
  const features = someFeatures();
  const model = exportedWeights(await trainedNetwork(features, CONFIG));
  const successor = newNetwork(2);
  const before = exportedWeights(successor);

  successor.importWeights(model, { input: tf.tensor3d(features, [CLIPS, FRAMES, COEFFICIENTS]), outputs: [2, undefined, 3, 0] });

  const after = exportedWeights(successor);
  expect(after.get('lstm2/kernel')).toEqual(model.get('lstm2/kernel'));
  const columnOf = (weights: Map<string, Float32Array>, column: number): Float32Array =>
    weights.get('dense/kernel')!.filter((_, i) => i % LABELS === column);
  expect(columnOf(after, 0)).toEqual(columnOf(model, 2));
  expect(columnOf(after, 1)).toEqual(columnOf(before, 1));
  expect(columnOf(after, 3)).toEqual(columnOf(model, 0));
  expect(Array.from(after.get('dense/bias')!)).toEqual(
    [2, 1, 3, 0].map((place, i) => (i === 1 ? before : model).get('dense/bias')![place]),
  );
});

test('refuses to go on from a model of another size', () => {
  const weights = new Map([['conv1/kernel', new Float32Array(7)]]);

  const importing = (): void =>
    newNetwork(1).importWeights(weights, { input: tf.tensor3d(someFeatures(), [CLIPS, FRAMES, COEFFICIENTS]), outputs: [0, 1, 2, 3] });

  expect(importing).toThrow(expect.objectContaining({ code: 'topology_mismatch' }));
});

test('leaves no tensor behind in a step', async () => {
  const features = someFeatures();
  const network = newNetwork(1);
  const step = stepperOf(network, features);
  await step();
  const before = tf.memory().numTensors;

  for (let i = 0; i < 3; i++) await step();

  expect(tf.memory().numTensors).toBe(before);
});

const NO_NORMALISATION = { mean: new Array<number>(COEFFICIENTS).fill(0), deviation: new Array<number>(COEFFICIENTS).fill(1) };

function exportedWeights(network: CnnLstm): Map<string, Float32Array> {
  return new Map([...network.exportWeights()].map(([name, { values }]) => [name, values]));
}

function wider(config: NetworkConfig): NetworkConfig {
  return {
    ...config,
    bandConvolutions: config.bandConvolutions.map((layer) => ({ ...layer, filters: layer.filters + 3 })),
    convolutions: config.convolutions.map((layer) => ({ ...layer, filters: layer.filters + 2 })),
    lstmUnits: config.lstmUnits.map((units) => units + 4),
  };
}

function newNetwork(seed: number, config = CONFIG): CnnLstm {
  return new CnnLstm(config, { coefficients: COEFFICIENTS, labels: LABELS, seed });
}

/** A few steps, so that the running statistics, scales and offsets are not what they began as. */
async function trainedNetwork(features: Float32Array<ArrayBuffer>, config: NetworkConfig): Promise<CnnLstm> {
  const network = newNetwork(1, config);
  const step = stepperOf(network, features);
  for (let i = 0; i < 5; i++) await step();
  return network;
}

function stepperOf(network: CnnLstm, features: Float32Array<ArrayBuffer>): () => Promise<unknown> {
  const optimiser = new AdamW(network.trainable(), { weightDecay: 0.01, gradientClip: 1 });
  const labels = Int32Array.from({ length: CLIPS }, (_, i) => i % LABELS);
  const targets = Float32Array.from({ length: CLIPS * LABELS }, (_, i) => Number(i % LABELS === labels[Math.floor(i / LABELS)]));
  const shape = { frames: FRAMES, coefficients: COEFFICIENTS, labels: LABELS };
  let step = 0;
  return () =>
    trainStep({ features, labels, targets }, { network, optimiser, shape, labelSmoothing: 0.1 }, { step: step++, learningRate: 0.01 });
}

function someFeatures(): Float32Array<ArrayBuffer> {
  const random = randomFor(3);
  return Float32Array.from({ length: CLIPS * FRAMES * COEFFICIENTS }, () => random.between(-1, 1));
}

function posteriorsOf(network: CnnLstm, features: Float32Array): Float32Array {
  const clips = features.length / (FRAMES * COEFFICIENTS);
  return tf.tidy(() => tf.softmax(network.logits(tf.tensor3d(features, [clips, FRAMES, COEFFICIENTS]))).dataSync<'float32'>());
}

function maxDifference(a: Float32Array, b: Float32Array): number {
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
}

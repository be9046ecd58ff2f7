/** The moving average of the weights. */

import * as tf from '@tensorflow/tfjs-node';
import { expect, test } from 'vitest';

import { WeightAverage } from '../../../../services/trainer/training/weight-average.ts';

test('puts the average in place of the weights, and the weights back', async () => {
  const weights = tf.variable(tf.tensor1d([0]));
  const average = new WeightAverage([weights], 0.5);
  weights.assign(tf.tensor1d([8]));
  for (const step of [100, 101]) average.update(step);

  const seen = await average.during(async () => [...(await weights.data())]);

  expect(seen).toEqual([6]); // 0 → 4 → 6
  expect([...(await weights.data())]).toEqual([8]);
});

test('is soon rid of the weights that a training began with', async () => {
  const weights = tf.variable(tf.tensor1d([1000]));
  const average = new WeightAverage([weights], 0.999);
  weights.assign(tf.tensor1d([1]));
  for (let step = 0; step < 50; step++) average.update(step);

  const [seen] = await average.during(() => weights.data());

  expect(seen).toBeCloseTo(1, 1);
});

test('gives the weights back where the work with the average fails, and leaves no tensor behind', async () => {
  const weights = tf.variable(tf.tensor1d([3]));
  const before = tf.memory().numTensors;
  const average = new WeightAverage([weights], 0.9);

  await expect(average.during(() => Promise.reject(new Error('disk full')))).rejects.toThrow('disk full');
  average.dispose();

  expect([...(await weights.data())]).toEqual([3]);
  expect(tf.memory().numTensors).toBe(before);
});

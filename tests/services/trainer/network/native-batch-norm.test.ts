/** Holds the fused batch normalisation, forward and backward, to one built of small operations. */

import * as tf from '@tensorflow/tfjs-node';
import { expect, test } from 'vitest';

import { nativeBatchNorm } from '../../../../services/trainer/network/native-batch-norm.ts';

const EPSILON = 1e-3;
const TOLERANCE = 1e-5; // float32 sums in another order

function plainBatchNorm(input: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor): tf.Tensor {
  const { mean, variance } = tf.moments(input, [0, 1]);
  return tf.add(tf.mul(tf.div(tf.sub(input, mean), tf.sqrt(tf.add(variance, EPSILON))), scale), offset);
}

function randomArguments(): [tf.Tensor3D, tf.Tensor1D, tf.Tensor1D] {
  return [
    tf.randomNormal<tf.Rank.R3>([3, 7, 4], 2, 3, 'float32', 1),
    tf.randomNormal<tf.Rank.R1>([4], 0, 1, 'float32', 2),
    tf.randomNormal<tf.Rank.R1>([4], 0, 1, 'float32', 3),
  ];
}

test('normalises a batch by its own statistics', () => {
  const [input, scale, offset] = randomArguments();

  const { output, mean } = nativeBatchNorm(input, { scale, offset, epsilon: EPSILON });

  expect(maxDifference(output, plainBatchNorm(input, scale, offset))).toBeLessThan(TOLERANCE);
  expect(maxDifference(mean, tf.mean(input, [0, 1]))).toBeLessThan(TOLERANCE);
});

test('has the gradients of a batch normalisation of small operations', () => {
  const [input, scale, offset] = randomArguments();
  const weighting = tf.randomNormal([3, 7, 4], 0, 1, 'float32', 4);
  const gradientsOf = (normalise: (...inputs: tf.Tensor[]) => tf.Tensor): tf.Tensor[] =>
    tf.grads((...inputs) => tf.sum(tf.mul(normalise(...inputs), weighting)))([input, scale, offset]);

  const native = gradientsOf(
    (x, g, b) => nativeBatchNorm(x as tf.Tensor3D, { scale: g as tf.Tensor1D, offset: b as tf.Tensor1D, epsilon: EPSILON }).output,
  );
  const plain = gradientsOf((x, g, b) => plainBatchNorm(x, g, b));

  expect(Math.max(...native.map((gradient, i) => maxDifference(gradient, plain[i]!)))).toBeLessThan(TOLERANCE);
});

function maxDifference(a: tf.Tensor, b: tf.Tensor): number {
  return tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
}

/** Holds the fused LSTM, forward and backward, to one built of small operations. */

import * as tf from '@tensorflow/tfjs-node';
import { expect, test } from 'vitest';

import { nativeLstm } from '../../../../services/trainer/network/native-lstm.ts';

const [STEPS, BATCH, INPUTS, UNITS] = [5, 4, 6, 8];
const TOLERANCE = 1e-5; // float32 sums in another order

/** An LSTM cell by the book (Hochreiter and Schmidhuber, 1997; Gers et al., 2000), step by step. */
function plainLstm(input: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  let hidden: tf.Tensor = tf.zeros([BATCH, UNITS]);
  let cell: tf.Tensor = tf.zeros([BATCH, UNITS]);
  const states: tf.Tensor[] = [];
  for (const step of tf.unstack(input)) {
    const gates = tf.add(tf.matMul(tf.concat([step, hidden], 1), kernel), bias);
    const [i, f, c, o] = tf.split(gates, 4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    cell = tf.add(tf.mul(tf.sigmoid(f), cell), tf.mul(tf.sigmoid(i), tf.tanh(c)));
    hidden = tf.mul(tf.sigmoid(o), tf.tanh(cell));
    states.push(hidden);
  }
  return tf.stack(states);
}

function randomArguments(): [tf.Tensor3D, tf.Tensor2D, tf.Tensor1D] {
  return [
    tf.randomNormal<tf.Rank.R3>([STEPS, BATCH, INPUTS], 0, 1, 'float32', 1),
    tf.randomNormal<tf.Rank.R2>([INPUTS + UNITS, 4 * UNITS], 0, 1, 'float32', 2),
    tf.randomNormal<tf.Rank.R1>([4 * UNITS], 0, 1, 'float32', 3),
  ];
}

test('computes what an LSTM of small operations computes', () => {
  const [input, kernel, bias] = randomArguments();

  const states = nativeLstm(input, { kernel, bias });

  expect(maxDifference(states, plainLstm(input, kernel, bias))).toBeLessThan(TOLERANCE);
});

test('has the gradients of an LSTM of small operations', () => {
  const [input, kernel, bias] = randomArguments();
  const weighting = tf.randomNormal([STEPS, BATCH, UNITS], 0, 1, 'float32', 4);
  const gradientsOf = (lstm: (...inputs: tf.Tensor[]) => tf.Tensor): tf.Tensor[] =>
    tf.grads((...inputs) => tf.sum(tf.mul(lstm(...inputs), weighting)))([input, kernel, bias]);

  const native = gradientsOf((x, w, b) => nativeLstm(x as tf.Tensor3D, { kernel: w as tf.Tensor2D, bias: b as tf.Tensor1D }));
  const plain = gradientsOf((x, w, b) => plainLstm(x, w, b));

  expect(native.map((gradient, i) => maxDifference(gradient, plain[i]!)).every((difference) => difference < TOLERANCE)).toBe(true);
});

test('leaves no tensor behind', () => {
  const [input, kernel, bias] = randomArguments();
  const before = tf.memory().numTensors;

  const gradients = tf.grads((x, w, b) => tf.sum(nativeLstm(x as tf.Tensor3D, { kernel: w as tf.Tensor2D, bias: b as tf.Tensor1D })));
  tf.dispose(gradients([input, kernel, bias]));

  expect(tf.memory().numTensors).toBe(before);
});

function maxDifference(a: tf.Tensor, b: tf.Tensor): number {
  return tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
}

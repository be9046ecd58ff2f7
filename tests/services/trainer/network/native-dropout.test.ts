/** Dropout with masks that can be had again. */

import * as tf from '@tensorflow/tfjs-node';
import { expect, test } from 'vitest';

import { nativeDropout, type DropoutSeed } from '../../../../services/trainer/network/native-dropout.ts';

const VALUES = 20_000;

function dropped(seed: DropoutSeed): Float32Array {
  return tf.tidy(() => nativeDropout(tf.ones([VALUES]), 0.25, seed).dataSync<'float32'>());
}

test('drops its share of the values and keeps the sum', () => {
  const values = dropped([1, 2]);

  const zeros = values.filter((value) => value === 0).length;
  expect(zeros / VALUES).toBeCloseTo(0.25, 1);
  expect(values.filter((value) => value !== 0 && Math.abs(value - 4 / 3) > 1e-6)).toHaveLength(0);
});

test('draws the same mask for the same seed, another for another', () => {
  expect(dropped([1, 2])).toEqual(dropped([1, 2]));
  expect(dropped([1, 2])).not.toEqual(dropped([1, 3]));
  expect(dropped([1, 2])).not.toEqual(dropped([2, 2]));
});

test('lets the gradient through where the value passed', () => {
  const gradient = tf.tidy(() =>
    tf
      .grad((x) => tf.sum(nativeDropout(x, 0.25, [5, 6])))(tf.ones([VALUES]))
      .dataSync<'float32'>(),
  );

  expect(gradient).toEqual(dropped([5, 6]));
});

/** Random weights that a network begins with. */

import * as tf from '@tensorflow/tfjs-node';

import type { Random } from '../random.ts';

/** Glorot and Bengio (2010), uniform. */
export function glorot([inputs, outputs]: [number, number], random: Random): tf.Tensor2D {
  return uniform([inputs, outputs], Math.sqrt(6 / (inputs + outputs)), random) as tf.Tensor2D;
}

/** Uniform in [−limit, limit). */
export function uniform(shape: number[], limit: number, random: Random): tf.Tensor {
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  return tf.tensor(
    Float32Array.from({ length: count }, () => random.between(-limit, limit)),
    shape,
  );
}

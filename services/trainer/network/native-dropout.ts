/** Dropout whose mask depends on its seed alone, made by TensorFlow: the library draws its masks one number at a time in JavaScript. */

import * as tf from '@tensorflow/tfjs-node';

import { executeNative, floatType, int32Type, nativeAttributes } from './native-operations.ts';

/** Which mask: the seed of the training, and the place of the mask in it. */
export type DropoutSeed = readonly [number, number];

/** Sets a share of the values to zero and scales the others so that the sum is kept (Srivastava et al., 2014). */
export function nativeDropout<T extends tf.Tensor>(input: T, share: number, seed: DropoutSeed): T {
  if (share === 0) return input;
  const uniform = executeNative({
    name: 'StatelessRandomUniform',
    attributes: nativeAttributes({ dtype: floatType(), T: int32Type(), Tseed: int32Type() }),
    inputs: [tf.tensor1d(input.shape, 'int32'), tf.tensor1d([...seed], 'int32')],
    outputs: 1,
  })[0]!;
  const mask = tf.mul(tf.cast(tf.greaterEqual(uniform, share), 'float32'), 1 / (1 - share));
  return tf.mul(input, mask);
}

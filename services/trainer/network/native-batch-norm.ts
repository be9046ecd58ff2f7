/** TensorFlow's fused batch normalisation in training, forward and backward; the library's own gradient is built of some twenty passes over the data. */

import * as tf from '@tensorflow/tfjs-node';

import { executeNative, floatType, nativeAttributes, type NativeAttribute } from './native-operations.ts';

export interface BatchNormWeights {
  /** γ `[channels]` */
  readonly scale: tf.Tensor1D;
  /** β `[channels]` */
  readonly offset: tf.Tensor1D;
  readonly epsilon: number;
}

/** What one batch gives. */
export interface NormalisedBatch {
  /** `[batch, steps, channels]` */
  readonly output: tf.Tensor3D;
  /** `[channels]` */
  readonly mean: tf.Tensor1D;
  /** `[channels]`, unbiased */
  readonly variance: tf.Tensor1D;
}

const FORWARD_OUTPUTS = 6;
const BACKWARD_OUTPUTS = 5;

/** Normalises with the batch's own statistics (Ioffe and Szegedy, 2015). No gradient flows through `mean` and `variance`. */
export function nativeBatchNorm(input: tf.Tensor3D, { scale, offset, epsilon }: BatchNormWeights): NormalisedBatch {
  const statistics: { mean?: tf.Tensor; variance?: tf.Tensor } = {};
  const operation = tf.customGrad((...inputs) => {
    const [x, gamma, beta, save] = inputs;
    const unused = tf.tensor1d([]);
    const images = asImages(x as tf.Tensor3D);
    const outputs = executeNative({
      name: 'FusedBatchNormV3',
      attributes: attributes(epsilon),
      inputs: [images, gamma as tf.Tensor, beta as tf.Tensor, unused, unused],
      outputs: FORWARD_OUTPUTS,
    });
    const [y, mean, variance, ...reserved] = outputs as [tf.Tensor, tf.Tensor, tf.Tensor, ...tf.Tensor[]];
    statistics.mean = tf.keep(mean);
    statistics.variance = tf.keep(variance);
    (save as tf.GradSaveFunc)([images, gamma as tf.Tensor, ...reserved]);
    return {
      value: tf.reshape(y, (x as tf.Tensor3D).shape),
      gradFunc: (gradient, saved) => backward(gradient as tf.Tensor3D, saved, epsilon),
    };
  });
  const output = operation(input, scale, offset) as tf.Tensor3D;
  return { output, mean: statistics.mean as tf.Tensor1D, variance: statistics.variance as tf.Tensor1D };
}

function backward(gradient: tf.Tensor3D, saved: tf.Tensor[], epsilon: number): tf.Tensor[] {
  const gradients = executeNative({
    name: 'FusedBatchNormGradV3',
    attributes: attributes(epsilon),
    inputs: [asImages(gradient), ...saved],
    outputs: BACKWARD_OUTPUTS,
  });
  const [x, gamma, beta] = gradients as [tf.Tensor, tf.Tensor, tf.Tensor];
  return [tf.reshape(x, gradient.shape), gamma, beta];
}

function asImages(input: tf.Tensor3D): tf.Tensor4D {
  const [batch, steps, channels] = input.shape;
  return tf.reshape(input, [batch, steps, 1, channels]);
}

function attributes(epsilon: number): NativeAttribute[] {
  return nativeAttributes({ T: floatType(), U: floatType(), epsilon, data_format: 'NHWC', is_training: true });
}

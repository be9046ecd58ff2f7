/** A convolution of the network under training, over time alone or over time and bands, with its batch normalisation, ReLU and pooling. */

import * as tf from '@tensorflow/tfjs-node';

import { bandGeometry } from '#shared/model/topology.ts';

import type { Random } from '../random.ts';
import { uniform } from './initial-values.ts';
import { nativeBatchNorm } from './native-batch-norm.ts';

const BATCH_NORM_EPSILON = 1e-3;
/** How much of the running statistics a batch keeps. */
const BATCH_NORM_MOMENTUM = 0.97;

/** What a convolution is given and how it moves. Over time alone: one band, that holds all channels. */
export interface ConvolutionShape {
  readonly bands: number;
  /** Channels in a band. */
  readonly inner: number;
  readonly filters: number;
  readonly kernelSteps: number;
  readonly kernelBands: number;
  readonly strideSteps: number;
  readonly strideBands: number;
  /** Steps that max-pooling makes one. */
  readonly pool: number;
}

/** One convolution and its variables. */
export class Convolution {
  readonly shape: ConvolutionShape;
  /** `[kernelSteps, kernelBands, inner, filters]` */
  readonly kernel: tf.Variable<tf.Rank.R4>;
  readonly scale: tf.Variable<tf.Rank.R1>;
  readonly offset: tf.Variable<tf.Rank.R1>;
  /** Running statistics `[filters]`. */
  readonly mean: tf.Variable<tf.Rank.R1>;
  readonly variance: tf.Variable<tf.Rank.R1>;

  constructor(shape: ConvolutionShape, random: Random) {
    const { kernelSteps, kernelBands, inner, filters } = shape;
    const limit = Math.sqrt(6 / (kernelSteps * kernelBands * inner)); // He et al. (2015), uniform
    this.shape = shape;
    this.kernel = tf.variable<tf.Rank.R4>(uniform([kernelSteps, kernelBands, inner, filters], limit, random) as tf.Tensor4D);
    this.scale = tf.variable(tf.ones([filters]));
    this.offset = tf.variable(tf.zeros([filters]));
    this.mean = tf.variable(tf.zeros([filters]), false);
    this.variance = tf.variable(tf.ones([filters]), false);
  }

  /** Channels of a step of the output. */
  get outChannels(): number {
    return this.#outBands * this.shape.filters;
  }

  get #outBands(): number {
    return bandGeometry(this.shape.bands, this.shape).outBands;
  }

  /** `[batch, steps, channels]` to the same, fewer steps. In training by the batch's own statistics; the running ones move towards them. */
  apply(input: tf.Tensor3D, isTraining: boolean): tf.Tensor3D {
    const raw = this.#convolve(input);
    const [batch, steps, bands, filters] = raw.shape;
    const places: tf.Tensor3D = tf.reshape(raw, [batch, steps * bands, filters]);
    const active = tf.relu(isTraining ? this.#normaliseBatch(places) : this.#normaliseRunning(places));
    return maxPoolSteps(tf.reshape(active, [batch, steps, bands * filters]), this.shape.pool);
  }

  /** y = γ·(w∗x − μ)/√(σ² + ε) + β as one convolution. */
  folded(): { kernel: tf.Tensor4D; bias: tf.Tensor1D } {
    const factor = tf.div(this.scale, tf.sqrt(tf.add(this.variance, BATCH_NORM_EPSILON)));
    return { kernel: tf.mul(this.kernel, factor), bias: tf.sub(this.offset, tf.mul(this.mean, factor)) };
  }

  /** The inverse of `folded`, where `kernel` and `offset` hold the folded weights: statistics of the output on `input`, and γ and β that undo them. */
  unfold(input: tf.Tensor3D): void {
    const moments = tf.moments(this.#convolve(input), [0, 1, 2]);
    this.mean.assign(moments.mean as tf.Tensor1D);
    this.variance.assign(moments.variance as tf.Tensor1D);
    this.scale.assign(tf.sqrt(tf.add(moments.variance, BATCH_NORM_EPSILON)));
    this.offset.assign(tf.add(this.offset, moments.mean));
  }

  /** `[batch, steps, bands · inner]` to `[batch, outSteps, outBands, filters]`. */
  #convolve(input: tf.Tensor3D): tf.Tensor4D {
    const { bands, inner, kernelBands, strideSteps, strideBands } = this.shape;
    const [batch, steps] = input.shape;
    const { outBands, padding } = bandGeometry(bands, this.shape);
    const above = Math.max(0, (outBands - 1) * strideBands + kernelBands - bands - padding);
    const images: tf.Tensor4D = tf.reshape(input, [batch, steps, bands, inner]);
    const padded = padding + above > 0 ? tf.pad(images, [NONE, NONE, [padding, above], NONE]) : images;
    return tf.conv2d(padded, this.kernel, [strideSteps, strideBands], 'valid');
  }

  #normaliseBatch(raw: tf.Tensor3D): tf.Tensor3D {
    const { output, mean, variance } = nativeBatchNorm(raw, { scale: this.scale, offset: this.offset, epsilon: BATCH_NORM_EPSILON });
    const blend = (running: tf.Variable, batch: tf.Tensor): void =>
      running.assign(tf.add(tf.mul(running, BATCH_NORM_MOMENTUM), tf.mul(batch, 1 - BATCH_NORM_MOMENTUM)));
    blend(this.mean, mean);
    blend(this.variance, variance);
    tf.dispose([mean, variance]);
    return output;
  }

  #normaliseRunning(raw: tf.Tensor3D): tf.Tensor3D {
    const channelwise = [this.mean, this.variance, this.offset, this.scale] as tf.Tensor[] as [
      tf.Tensor1D,
      tf.Tensor1D,
      tf.Tensor1D,
      tf.Tensor1D,
    ];
    return tf.batchNorm(raw, ...channelwise, BATCH_NORM_EPSILON);
  }
}

const NONE: [number, number] = [0, 0];

/** Max-pools `[batch, steps, channels]` over time; what does not fill a step is dropped. */
function maxPoolSteps(input: tf.Tensor3D, size: number): tf.Tensor3D {
  if (size === 1) return input;
  const [batch, steps, channels] = input.shape;
  const images: tf.Tensor4D = tf.reshape(input, [batch, steps, 1, channels]);
  const pooled = tf.maxPool(images, [size, 1], [size, 1], 'valid');
  return tf.reshape(pooled, [batch, Math.floor(steps / size), channels]);
}

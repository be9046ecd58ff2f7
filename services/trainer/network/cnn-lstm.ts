/** The network under training: its variables, and its forward pass. */

import * as tf from '@tensorflow/tfjs-node';

import type { Layer, Topology } from '#shared/model/topology.ts';

import type { NetworkConfig } from '../config.ts';
import { randomFor, type Random } from '../random.ts';
import { TrainerError } from '../trainer-error.ts';
import { nativeBatchNorm } from './native-batch-norm.ts';
import { nativeLstm } from './native-lstm.ts';

const BATCH_NORM_EPSILON = 1e-3;
/** How much of the running statistics a batch keeps. */
const BATCH_NORM_MOMENTUM = 0.97;
const FORGET_BIAS = 1; // Jozefowicz et al. (2015): an LSTM that starts by remembering learns sooner

/** A convolution with its batch normalisation. */
interface ConvolutionVariables {
  /** `[kernelSteps, in, filters]` */
  readonly kernel: tf.Variable<tf.Rank.R3>;
  readonly scale: tf.Variable<tf.Rank.R1>;
  readonly offset: tf.Variable<tf.Rank.R1>;
  readonly mean: tf.Variable<tf.Rank.R1>;
  readonly variance: tf.Variable<tf.Rank.R1>;
  readonly pool: number;
}

interface LstmVariables {
  readonly kernel: tf.Variable<tf.Rank.R2>;
  readonly bias: tf.Variable<tf.Rank.R1>;
}

/** A tensor as plain numbers. */
export interface PlainTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Three convolutions with batch normalisation, ReLU and pooling, LSTMs, attention over time or the last state, dense. */
export class CnnLstm {
  readonly #config: NetworkConfig;
  readonly #convolutions: readonly ConvolutionVariables[];
  readonly #lstms: readonly LstmVariables[];
  readonly #query: tf.Variable<tf.Rank.R1> | undefined;
  readonly #denseKernel: tf.Variable<tf.Rank.R2>;
  readonly #denseBias: tf.Variable<tf.Rank.R1>;

  constructor(config: NetworkConfig, { coefficients, labels, seed }: { coefficients: number; labels: number; seed: number }) {
    const random = randomFor(seed, 1);
    let channels = coefficients;
    this.#config = config;
    this.#convolutions = config.convolutions.map(({ filters, kernelSteps, pool }) => {
      const convolution = createConvolution({ kernelSteps, channels, filters, pool }, random);
      channels = filters;
      return convolution;
    });
    this.#lstms = config.lstmUnits.map((units) => {
      const lstm = createLstm(channels, units, random);
      channels = units;
      return lstm;
    });
    this.#query = config.pooling === 'attention' ? tf.variable(tf.zeros([channels])) : undefined;
    this.#denseKernel = tf.variable(glorot([channels, labels], random));
    this.#denseBias = tf.variable(tf.zeros([labels]));
  }

  /** What the optimiser changes; `decays` tells which take weight decay (kernels, not biases nor scales). */
  trainable(): readonly { readonly variable: tf.Variable; readonly decays: boolean }[] {
    const kernels = [...this.#convolutions.map(({ kernel }) => kernel), ...this.#lstms.map(({ kernel }) => kernel), this.#denseKernel];
    const others = [
      ...this.#convolutions.flatMap(({ scale, offset }) => [scale, offset]),
      ...this.#lstms.map(({ bias }) => bias),
      ...(this.#query ? [this.#query] : []),
      this.#denseBias,
    ];
    return [...kernels.map((variable) => ({ variable, decays: true })), ...others.map((variable) => ({ variable, decays: false }))];
  }

  /**
   * Runs a batch.
   *
   * @param input - normalised features `[batch, frames, coefficients]`
   * @param isTraining - batch statistics and dropout, and the running statistics move
   * @returns logits `[batch, labels]`
   */
  logits(input: tf.Tensor3D, isTraining: boolean): tf.Tensor2D {
    return tf.tidy(() => {
      let features = input;
      for (const convolution of this.#convolutions) features = convolve(features, convolution, isTraining);
      let states = tf.transpose(features, [1, 0, 2]); // the native LSTM wants time first
      for (const { kernel, bias } of this.#lstms) {
        states = nativeLstm(isTraining ? (tf.dropout(states, this.#config.dropout) as tf.Tensor3D) : states, {
          kernel,
          bias,
        });
      }
      const pooled = this.#pool(states);
      const kept = isTraining ? tf.dropout(pooled, this.#config.dropout) : pooled;
      return tf.add(tf.matMul(kept, this.#denseKernel as tf.Tensor2D), this.#denseBias);
    });
  }

  /** `[steps, batch, units]` to `[batch, units]`. */
  #pool(states: tf.Tensor3D): tf.Tensor2D {
    const [steps, batch, units] = states.shape;
    if (!this.#query) return tf.reshape(tf.slice(states, [steps - 1, 0, 0], [1, batch, units]), [batch, units]);
    const scores = tf.sum(tf.mul(states, this.#query), 2); // [steps, batch]
    const weights = tf.transpose(tf.softmax(tf.transpose(scores))); // softmax works on the last axis
    return tf.sum(tf.mul(states, tf.expandDims(weights, 2)), 0);
  }

  /** The layers as a model's manifest lists them. */
  topology(): Topology {
    const convolutions = this.#config.convolutions.flatMap(({ filters, kernelSteps, pool }, i): Layer[] => [
      { type: 'conv1d', name: `conv${i + 1}`, filters, kernelSteps },
      ...(pool > 1 ? [{ type: 'max_pool', name: `pool${i + 1}`, size: pool } as const] : []),
    ]);
    const lstms = this.#config.lstmUnits.map((units, i): Layer => ({ type: 'lstm', name: `lstm${i + 1}`, units }));
    return [
      ...convolutions,
      ...lstms,
      { type: this.#config.pooling, name: 'pooling' },
      { type: 'dense', name: 'dense', units: this.#denseBias.shape[0] },
    ];
  }

  /** The weight tensors as a model's artefact holds them: batch normalisation folded, in the order of the topology. */
  exportWeights(): Map<string, PlainTensor> {
    const tensors = new Map<string, PlainTensor>();
    tf.tidy(() => {
      const put = (name: string, tensor: tf.Tensor): void => void tensors.set(name, plain(tensor));
      this.#convolutions.forEach((convolution, i) => {
        const { kernel, bias } = folded(convolution);
        put(`conv${i + 1}/kernel`, kernel);
        put(`conv${i + 1}/bias`, bias);
      });
      this.#lstms.forEach(({ kernel, bias }, i) => {
        const [rows, gates] = kernel.shape;
        const units = gates / 4;
        put(`lstm${i + 1}/kernel`, tf.slice(kernel, [0, 0], [rows - units, gates]));
        put(`lstm${i + 1}/recurrent`, tf.slice(kernel, [rows - units, 0], [units, gates]));
        put(`lstm${i + 1}/bias`, bias);
      });
      if (this.#query) put('pooling/query', this.#query);
      put('dense/kernel', this.#denseKernel);
      put('dense/bias', this.#denseBias);
    });
    return tensors;
  }

  /**
   * Takes over the weights of an exported model of the same topology. Its batch normalisation is folded away, so the statistics of each
   * convolution are measured afresh on `input`; the network then computes what the model computes.
   *
   * @param weights - by tensor name, as `exportWeights` gives them
   * @param input - normalised features of some hundred clips `[clips, frames, coefficients]`
   * @throws {TrainerError} `topology_mismatch`
   */
  importWeights(weights: ReadonlyMap<string, Float32Array>, input: tf.Tensor3D): void {
    tf.tidy(() => {
      const assign = (variable: tf.Variable, ...names: string[]): void => variable.assign(joined(variable, names, weights));
      let features = input;
      this.#convolutions.forEach((convolution, i) => {
        assign(convolution.kernel, `conv${i + 1}/kernel`);
        assign(convolution.offset, `conv${i + 1}/bias`);
        unfold(convolution, features);
        features = convolve(features, convolution, false);
      });
      this.#lstms.forEach(({ kernel, bias }, i) => {
        assign(kernel, `lstm${i + 1}/kernel`, `lstm${i + 1}/recurrent`);
        assign(bias, `lstm${i + 1}/bias`);
      });
      if (this.#query) assign(this.#query, 'pooling/query');
      assign(this.#denseKernel, 'dense/kernel');
      assign(this.#denseBias, 'dense/bias');
    });
  }

  dispose(): void {
    tf.dispose(this.trainable().map(({ variable }) => variable));
    tf.dispose(this.#convolutions.flatMap(({ mean, variance }) => [mean, variance]));
  }
}

function convolve(input: tf.Tensor3D, convolution: ConvolutionVariables, isTraining: boolean): tf.Tensor3D {
  const raw = tf.conv1d(input, convolution.kernel, 1, 'valid');
  const active = tf.relu(isTraining ? normaliseBatch(raw, convolution) : normaliseRunning(raw, convolution));
  return convolution.pool > 1 ? maxPoolSteps(active, convolution.pool) : active;
}

/** By the batch's own statistics; the running ones move towards them. */
function normaliseBatch(raw: tf.Tensor3D, convolution: ConvolutionVariables): tf.Tensor3D {
  const { scale, offset } = convolution;
  const { output, mean, variance } = nativeBatchNorm(raw, {
    scale,
    offset,
    epsilon: BATCH_NORM_EPSILON,
  });
  const blend = (running: tf.Variable, batch: tf.Tensor): void =>
    running.assign(tf.add(tf.mul(running, BATCH_NORM_MOMENTUM), tf.mul(batch, 1 - BATCH_NORM_MOMENTUM)));
  blend(convolution.mean, mean);
  blend(convolution.variance, variance);
  tf.dispose([mean, variance]);
  return output;
}

function normaliseRunning(raw: tf.Tensor3D, { mean, variance, offset, scale }: ConvolutionVariables): tf.Tensor3D {
  const channelwise = [mean, variance, offset, scale] as tf.Tensor[] as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
  return tf.batchNorm(raw, ...channelwise, BATCH_NORM_EPSILON);
}

/** Max-pools `[batch, steps, channels]` over time; what does not fill a step is dropped. */
function maxPoolSteps(input: tf.Tensor3D, size: number): tf.Tensor3D {
  const [batch, steps, channels] = input.shape;
  const images: tf.Tensor4D = tf.reshape(input, [batch, steps, 1, channels]);
  const pooled = tf.maxPool(images, [size, 1], [size, 1], 'valid');
  return tf.reshape(pooled, [batch, Math.floor(steps / size), channels]);
}

/** y = γ·(w∗x − μ)/√(σ² + ε) + β as one convolution. */
function folded({ kernel, scale, offset, mean, variance }: ConvolutionVariables): { kernel: tf.Tensor; bias: tf.Tensor } {
  const factor = tf.div(scale, tf.sqrt(tf.add(variance, BATCH_NORM_EPSILON)));
  return { kernel: tf.mul(kernel, factor), bias: tf.sub(offset, tf.mul(mean, factor)) };
}

/** The inverse of `folded`, where `offset` holds the folded bias: statistics of the convolution's output on `input`, and γ and β that undo them. */
function unfold({ kernel, scale, offset, mean, variance }: ConvolutionVariables, input: tf.Tensor3D): void {
  const moments = tf.moments(tf.conv1d(input, kernel, 1, 'valid'), [0, 1]);
  mean.assign(moments.mean as tf.Tensor1D);
  variance.assign(moments.variance as tf.Tensor1D);
  scale.assign(tf.sqrt(tf.add(moments.variance, BATCH_NORM_EPSILON)));
  offset.assign(tf.add(offset, moments.mean));
}

/** The tensors of these names, one below the other, in the shape of `variable`. */
function joined(variable: tf.Variable, names: readonly string[], weights: ReadonlyMap<string, Float32Array>): tf.Tensor {
  const parts = names.map((name) => weights.get(name) ?? new Float32Array(0));
  const values = Float32Array.from(parts.flatMap((part) => Array.from(part)));
  if (values.length !== variable.size) {
    throw new TrainerError(
      'topology_mismatch',
      `the model to start from holds ${values.length} values for ${names.join(' and ')}, the network ${variable.size}`,
    );
  }
  return tf.tensor(values, variable.shape);
}

interface ConvolutionSize {
  readonly kernelSteps: number;
  readonly channels: number;
  readonly filters: number;
  readonly pool: number;
}

function createConvolution({ kernelSteps, channels, filters, pool }: ConvolutionSize, random: Random): ConvolutionVariables {
  const limit = Math.sqrt(6 / (kernelSteps * channels)); // He et al. (2015), uniform
  return {
    kernel: tf.variable<tf.Rank.R3>(uniform([kernelSteps, channels, filters], limit, random) as tf.Tensor3D),
    scale: tf.variable(tf.ones([filters])),
    offset: tf.variable(tf.zeros([filters])),
    mean: tf.variable(tf.zeros([filters]), false),
    variance: tf.variable(tf.ones([filters]), false),
    pool,
  };
}

function createLstm(inputs: number, units: number, random: Random): LstmVariables {
  const bias = new Float32Array(4 * units).fill(FORGET_BIAS, units, 2 * units);
  const kernel = tf.concat([glorot([inputs, 4 * units], random), glorot([units, 4 * units], random)]);
  return { kernel: tf.variable(kernel), bias: tf.variable(tf.tensor1d(bias)) };
}

function glorot([inputs, outputs]: [number, number], random: Random): tf.Tensor2D {
  return uniform([inputs, outputs], Math.sqrt(6 / (inputs + outputs)), random) as tf.Tensor2D;
}

function uniform(shape: number[], limit: number, random: Random): tf.Tensor {
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  return tf.tensor(
    Float32Array.from({ length: count }, () => random.between(-limit, limit)),
    shape,
  );
}

function plain(tensor: tf.Tensor): PlainTensor {
  return { shape: tensor.shape, values: tensor.dataSync<'float32'>() };
}

/** The network under training: its variables, and its forward pass. */

import * as tf from '@tensorflow/tfjs-node';

import { bandGeometry, type Layer, type Topology } from '#shared/model/topology.ts';

import type { NetworkConfig } from '../config.ts';
import { randomFor, type Random } from '../random.ts';
import { TrainerError } from '../trainer-error.ts';
import { Convolution, type ConvolutionShape } from './convolution.ts';
import { glorot } from './initial-values.ts';
import { nativeDropout } from './native-dropout.ts';
import { nativeLstm } from './native-lstm.ts';

const FORGET_BIAS = 1; // Jozefowicz et al. (2015): an LSTM that starts by remembering learns sooner

interface LstmVariables {
  readonly kernel: tf.Variable<tf.Rank.R2>;
  readonly bias: tf.Variable<tf.Rank.R1>;
}

/** A tensor as plain numbers. */
export interface PlainTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Convolutions over time and bands, then over time, each with batch normalisation, ReLU and pooling; LSTMs; attention over time or the last state; dense. */
export class CnnLstm {
  readonly #config: NetworkConfig;
  readonly #seed: number;
  readonly #convolutions: readonly Convolution[];
  readonly #lstms: readonly LstmVariables[];
  readonly #query: tf.Variable<tf.Rank.R1> | undefined;
  readonly #denseKernel: tf.Variable<tf.Rank.R2>;
  readonly #denseBias: tf.Variable<tf.Rank.R1>;

  constructor(config: NetworkConfig, { coefficients, labels, seed }: { coefficients: number; labels: number; seed: number }) {
    const random = randomFor(seed, 1);
    this.#config = config;
    this.#seed = seed;
    this.#convolutions = createConvolutions(config, coefficients, random);
    let channels = this.#convolutions.at(-1)!.outChannels;
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

  /** What a step of training moves besides: the running statistics of batch normalisation. */
  statistics(): readonly tf.Variable[] {
    return this.#convolutions.flatMap(({ mean, variance }) => [mean, variance]);
  }

  /**
   * Runs a batch.
   *
   * @param input - normalised features `[batch, frames, coefficients]`
   * @param trainingStep - in training, which step it is: batch statistics, that step's dropout, and the running statistics move
   * @returns logits `[batch, labels]`
   */
  logits(input: tf.Tensor3D, trainingStep?: number): tf.Tensor2D {
    return tf.tidy(() => {
      let features = input;
      for (const convolution of this.#convolutions) features = convolution.apply(features, trainingStep !== undefined);
      let states: tf.Tensor3D = tf.transpose(features, [1, 0, 2]); // the native LSTM wants time first
      this.#lstms.forEach((weights, i) => {
        states = nativeLstm(this.#dropOut(states, trainingStep, i), weights);
      });
      const kept = this.#dropOut(this.#pool(states), trainingStep, this.#lstms.length);
      return tf.add(tf.matMul(kept, this.#denseKernel as tf.Tensor2D), this.#denseBias);
    });
  }

  #dropOut<T extends tf.Tensor>(values: T, trainingStep: number | undefined, place: number): T {
    if (trainingStep === undefined) return values;
    return nativeDropout(values, this.#config.dropout, [this.#seed, trainingStep * (this.#lstms.length + 1) + place]);
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
    const convolutions = this.#convolutions.flatMap(({ shape }, i) => convolutionLayers(shape, i + 1));
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
        const { kernel, bias } = convolution.folded();
        put(`conv${i + 1}/kernel`, isOverBands(convolution.shape) ? kernel : tf.squeeze(kernel, [1]));
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
   * @param options - `input`: normalised features of some hundred clips `[clips, frames, coefficients]`; `outputs`: for each label of the
   * network the place of the same label in the model; a label that the model does not know keeps what it has
   * @throws {TrainerError} `topology_mismatch`
   */
  importWeights(
    weights: ReadonlyMap<string, Float32Array>,
    { input, outputs }: { input: tf.Tensor3D; outputs: readonly (number | undefined)[] },
  ): void {
    tf.tidy(() => {
      const assign = (variable: tf.Variable, ...names: string[]): void => variable.assign(joined(variable, names, weights));
      let features = input;
      this.#convolutions.forEach((convolution, i) => {
        assign(convolution.kernel, `conv${i + 1}/kernel`);
        assign(convolution.offset, `conv${i + 1}/bias`);
        convolution.unfold(features);
        features = convolution.apply(features, false);
      });
      this.#lstms.forEach(({ kernel, bias }, i) => {
        assign(kernel, `lstm${i + 1}/kernel`, `lstm${i + 1}/recurrent`);
        assign(bias, `lstm${i + 1}/bias`);
      });
      if (this.#query) assign(this.#query, 'pooling/query');
      const row = weights.get('dense/bias')?.length ?? 0;
      const takeOver = (variable: tf.Variable, name: string): void =>
        variable.assign(tf.tensor(withColumns(plain(variable).values, { outputs, from: weights.get(name)!, row }), variable.shape));
      takeOver(this.#denseKernel, 'dense/kernel');
      takeOver(this.#denseBias, 'dense/bias');
    });
  }

  dispose(): void {
    tf.dispose(this.trainable().map(({ variable }) => variable));
    tf.dispose([...this.statistics()]);
  }
}

/** Rows of outputs with some of the columns taken from rows of another length. */
function withColumns(
  values: Float32Array,
  { outputs, from, row }: { outputs: readonly (number | undefined)[]; from: Float32Array; row: number },
): Float32Array {
  return values.map((value, i) => {
    const column = outputs[i % outputs.length];
    return column === undefined ? value : from[Math.floor(i / outputs.length) * row + column]!;
  });
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

function createConvolutions(config: NetworkConfig, coefficients: number, random: Random): Convolution[] {
  const convolutions: Convolution[] = [];
  let bands = coefficients;
  let inner = 1;
  for (const layer of config.bandConvolutions) {
    convolutions.push(new Convolution({ ...layer, bands, inner }, random));
    [bands, inner] = [bandGeometry(bands, layer).outBands, layer.filters];
  }
  let channels = bands * inner;
  for (const layer of config.convolutions) {
    convolutions.push(new Convolution({ ...layer, ...OVER_TIME_ALONE, inner: channels }, random));
    channels = layer.filters;
  }
  return convolutions;
}

const OVER_TIME_ALONE = { bands: 1, kernelBands: 1, strideBands: 1, strideSteps: 1 } as const;

function isOverBands({ bands }: ConvolutionShape): boolean {
  return bands > 1;
}

function convolutionLayers(shape: ConvolutionShape, number: number): Layer[] {
  const { filters, kernelSteps, kernelBands, strideSteps, strideBands, pool } = shape;
  const name = `conv${number}`;
  const convolution: Layer = isOverBands(shape)
    ? { type: 'conv2d', name, filters, kernelSteps, kernelBands, strideSteps, strideBands }
    : { type: 'conv1d', name, filters, kernelSteps };
  return pool > 1 ? [convolution, { type: 'max_pool', name: `pool${number}`, size: pool }] : [convolution];
}

function createLstm(inputs: number, units: number, random: Random): LstmVariables {
  const bias = new Float32Array(4 * units).fill(FORGET_BIAS, units, 2 * units);
  const kernel = tf.concat([glorot([inputs, 4 * units], random), glorot([units, 4 * units], random)]);
  return { kernel: tf.variable(kernel), bias: tf.variable(tf.tensor1d(bias)) };
}

function plain(tensor: tf.Tensor): PlainTensor {
  return { shape: tensor.shape, values: tensor.dataSync<'float32'>() };
}

/** An artefact as an ONNX graph (operator set 13): `features [batch, frames, coefficients]`, normalised, to `posteriors [batch, labels]`. */

import type { Artefact } from '#shared/model/artefact.ts';
import { windowFrames } from '#shared/model/manifest.ts';
import { bandGeometry, shapesOf, type Layer, type LayerShape } from '#shared/model/topology.ts';

import { ProtobufWriter } from './protobuf-writer.ts';

const IR_VERSION = 8;
const OPERATOR_SET = 13;
const FLOAT = 1;
const INT64 = 7;
const ATTRIBUTE_INTEGER = 2;
const ATTRIBUTE_INTEGERS = 7;
/** ONNX has an LSTM's gates in the order input, output, forget, cell; ours is input, forget, cell, output. */
const ONNX_GATES = [0, 3, 1, 2];

/**
 * How activations lie between two nodes.
 * - `image`: `[batch, inner, steps, bands]`, while a convolution over bands may come
 * - `channels_first`: `[batch, channels, steps]`, as one-dimensional convolutions want them
 * - `steps_first`: `[steps, batch, channels]`, as LSTMs do
 */
type Arrangement = 'image' | 'channels_first' | 'steps_first';

interface Activations {
  readonly name: string;
  readonly arrangement: Arrangement;
}

/** The bytes of the `.onnx` file. */
export function onnxModel(artefact: Artefact): Uint8Array {
  const { manifest } = artefact;
  const [frames, coefficients] = [windowFrames(manifest), manifest.features.coefficients];
  const graph = new GraphWriter();
  const input = graph.node('Unsqueeze', ['features', graph.integers([1])], {});
  let activations: Activations = { name: input, arrangement: 'image' };
  for (const shape of shapesOf(manifest.topology, frames, coefficients)) {
    activations = arranged(graph, activations, shape);
    activations = { ...activations, name: writeLayer(graph, shape, { input: activations, artefact }) };
  }
  return graph.finish(activations.name, {
    features: ['batch', frames, coefficients],
    posteriors: ['batch', manifest.labels.length],
  });
}

/** What a layer takes, in its order of axes. */
function arranged(graph: GraphWriter, activations: Activations, { layer, channels }: LayerShape): Activations {
  if (layer.type === 'conv2d' || layer.type === 'max_pool') return activations;
  const isOverTime = layer.type === 'conv1d';
  let { name, arrangement } = activations;
  if (arrangement === 'image') {
    const bandsFirst = graph.node('Transpose', [name], { perm: [0, 3, 1, 2] }); // our channels count the bands first
    name = graph.node('Reshape', [bandsFirst, graph.integers([0, channels, -1])], {});
    arrangement = 'channels_first';
  }
  if (arrangement === 'steps_first' || isOverTime) return { name, arrangement };
  return { name: graph.node('Transpose', [name], { perm: [2, 0, 1] }), arrangement: 'steps_first' };
}

interface LayerContext {
  readonly input: Activations;
  readonly artefact: Artefact;
}

function writeLayer(
  graph: GraphWriter,
  { layer, bands, channels }: LayerShape,
  { input: { name: input, arrangement }, artefact }: LayerContext,
): string {
  const tensor = (suffix: string): Float32Array => artefact.weights.get(`${layer.name}/${suffix}`)!;
  switch (layer.type) {
    case 'conv2d':
      return writeBandConvolution(graph, layer, { input, bands, kernel: tensor('kernel'), bias: tensor('bias') });
    case 'conv1d': {
      const shape = [layer.filters, channels, layer.kernelSteps];
      const kernel = permuted(shape, (filter, channel, step) => tensor('kernel')[(step * channels + channel) * layer.filters + filter]!);
      const sum = graph.node('Conv', [input, graph.floats(shape, kernel), graph.floats([layer.filters], tensor('bias'))], {
        kernel_shape: [layer.kernelSteps],
      });
      return graph.node('Relu', [sum], {});
    }
    case 'max_pool': {
      const size = arrangement === 'image' ? [layer.size, 1] : [layer.size];
      return graph.node('MaxPool', [input], { kernel_shape: size, strides: size });
    }
    case 'lstm':
      return writeLstm(graph, layer.units, { input, kernel: tensor('kernel'), recurrent: tensor('recurrent'), bias: tensor('bias') });
    case 'attention': {
      const query = graph.floats([tensor('query').length, 1], tensor('query'));
      const shares = graph.node('Softmax', [graph.node('MatMul', [input, query], {})], { axis: 0 });
      return graph.node('ReduceSum', [graph.node('Mul', [input, shares], {}), graph.integers([0])], { keepdims: 0 });
    }
    case 'last_state':
      return graph.node('Squeeze', [graph.node('Gather', [input, graph.integers([-1])], { axis: 0 }), graph.integers([0])], {});
    case 'dense': {
      const kernel = graph.floats([tensor('kernel').length / layer.units, layer.units], tensor('kernel'));
      return graph.node('Softmax', [graph.node('Gemm', [input, kernel, graph.floats([layer.units], tensor('bias'))], {})], { axis: 1 });
    }
  }
}

interface BandConvolutionTensors {
  readonly input: string;
  readonly bands: number;
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

function writeBandConvolution(graph: GraphWriter, layer: Extract<Layer, { type: 'conv2d' }>, tensors: BandConvolutionTensors): string {
  const { filters, kernelSteps, kernelBands, strideSteps, strideBands } = layer;
  const { outBands, padding } = bandGeometry(tensors.bands, layer);
  const above = Math.max(0, (outBands - 1) * strideBands + kernelBands - tensors.bands - padding);
  const taps = kernelSteps * kernelBands;
  const inner = tensors.kernel.length / (taps * filters);
  const kernel = permuted([filters, inner, taps], (filter, i, tap) => tensors.kernel[(tap * inner + i) * filters + filter]!);
  const weights = graph.floats([filters, inner, kernelSteps, kernelBands], kernel);
  const sum = graph.node('Conv', [tensors.input, weights, graph.floats([filters], tensors.bias)], {
    kernel_shape: [kernelSteps, kernelBands],
    strides: [strideSteps, strideBands],
    pads: [0, padding, 0, above],
  });
  return graph.node('Relu', [sum], {});
}

interface LstmTensors {
  readonly input: string;
  readonly kernel: Float32Array;
  readonly recurrent: Float32Array;
  readonly bias: Float32Array;
}

function writeLstm(graph: GraphWriter, units: number, { input, kernel, recurrent, bias }: LstmTensors): string {
  const transposed = (matrix: Float32Array): string => {
    const rows = matrix.length / (4 * units);
    const values = permuted([4, units, rows], (gate, unit, row) => matrix[row * 4 * units + ONNX_GATES[gate]! * units + unit]!);
    return graph.floats([1, 4 * units, rows], values);
  };
  const biases = permuted([2, 4, units], (part, gate, unit) => (part === 0 ? bias[ONNX_GATES[gate]! * units + unit]! : 0));
  const inputs = [input, transposed(kernel), transposed(recurrent), graph.floats([1, 8 * units], biases)];
  return graph.node('Squeeze', [graph.node('LSTM', inputs, { hidden_size: units }), graph.integers([1])], {});
}

/** Values of a tensor of three dimensions, row-major. */
function permuted([a = 1, b = 1, c = 1]: readonly number[], valueAt: (i: number, j: number, k: number) => number): Float32Array {
  return Float32Array.from({ length: a * b * c }, (_, at) => valueAt(Math.floor(at / (b * c)), Math.floor(at / c) % b, at % c));
}

type Dimensions = readonly (number | string)[];

/** Collects nodes and constants. Field numbers are those of `onnx.proto3`. */
class GraphWriter {
  readonly #graph = new ProtobufWriter();
  #names = 0;

  /** Adds a node with one output; returns the output's name. */
  node(type: string, inputs: readonly string[], attributes: Readonly<Record<string, number | readonly number[]>>): string {
    const output = this.#name();
    const node = new ProtobufWriter();
    for (const input of inputs) node.text(1, input);
    node.text(2, output).text(3, output).text(4, type);
    for (const [name, value] of Object.entries(attributes)) node.message(5, attribute(name, value));
    this.#graph.message(1, node);
    return output;
  }

  floats(shape: readonly number[], values: Float32Array): string {
    return this.#constant(FLOAT, shape, values);
  }

  integers(values: readonly number[]): string {
    return this.#constant(INT64, [values.length], BigInt64Array.from(values, BigInt));
  }

  finish(last: string, { features, posteriors }: { features: Dimensions; posteriors: Dimensions }): Uint8Array {
    this.#graph.message(1, new ProtobufWriter().text(1, last).text(2, 'posteriors').text(3, 'posteriors').text(4, 'Identity'));
    this.#graph.text(2, 'keyword-spotter').message(11, valueInfo('features', features)).message(12, valueInfo('posteriors', posteriors));
    const operatorSet = new ProtobufWriter().text(1, '').integer(2, OPERATOR_SET);
    return new ProtobufWriter().integer(1, IR_VERSION).message(7, this.#graph).message(8, operatorSet).finish();
  }

  #constant(type: number, shape: readonly number[], values: Float32Array | BigInt64Array): string {
    const name = this.#name();
    const tensor = new ProtobufWriter();
    for (const dimension of shape) tensor.integer(1, dimension);
    tensor
      .integer(2, type)
      .text(8, name)
      .bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    this.#graph.message(5, tensor);
    return name;
  }

  #name(): string {
    return `t${this.#names++}`;
  }
}

function attribute(name: string, value: number | readonly number[]): ProtobufWriter {
  const writer = new ProtobufWriter().text(1, name);
  if (typeof value === 'number') return writer.integer(3, value).integer(20, ATTRIBUTE_INTEGER);
  for (const item of value) writer.integer(8, item);
  return writer.integer(20, ATTRIBUTE_INTEGERS);
}

function valueInfo(name: string, dimensions: Dimensions): ProtobufWriter {
  const shape = new ProtobufWriter();
  for (const dimension of dimensions) {
    shape.message(1, typeof dimension === 'number' ? new ProtobufWriter().integer(1, dimension) : new ProtobufWriter().text(2, dimension));
  }
  const tensorType = new ProtobufWriter().integer(1, FLOAT).message(2, shape);
  return new ProtobufWriter().text(1, name).message(2, new ProtobufWriter().message(1, tensorType));
}

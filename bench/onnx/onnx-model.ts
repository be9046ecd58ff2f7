/** An artefact as an ONNX graph (operator set 13): `features [batch, frames, coefficients]`, normalised, to `posteriors [batch, labels]`. */

import type { Artefact } from '#shared/model/artefact.ts';
import { windowFrames } from '#shared/model/manifest.ts';
import type { Layer } from '#shared/model/topology.ts';

import { ProtobufWriter } from './protobuf-writer.ts';

const IR_VERSION = 8;
const OPERATOR_SET = 13;
const FLOAT = 1;
const INT64 = 7;
const ATTRIBUTE_INTEGER = 2;
const ATTRIBUTE_INTEGERS = 7;
/** ONNX has an LSTM's gates in the order input, output, forget, cell; ours is input, forget, cell, output. */
const ONNX_GATES = [0, 3, 1, 2];

/** The bytes of the `.onnx` file. */
export function onnxModel(artefact: Artefact): Uint8Array {
  const graph = new GraphWriter();
  let channelsFirst = true;
  let current = graph.node('Transpose', ['features'], { perm: [0, 2, 1] });
  for (const layer of artefact.manifest.topology) {
    if (channelsFirst && layer.type !== 'conv1d' && layer.type !== 'max_pool') {
      current = graph.node('Transpose', [current], { perm: [2, 0, 1] }); // [steps, batch, channels] from here on
      channelsFirst = false;
    }
    current = writeLayer(graph, layer, { input: current, artefact });
  }
  const { manifest } = artefact;
  return graph.finish(current, {
    features: ['batch', windowFrames(manifest), manifest.features.coefficients],
    posteriors: ['batch', manifest.labels.length],
  });
}

interface LayerContext {
  readonly input: string;
  readonly artefact: Artefact;
}

function writeLayer(graph: GraphWriter, layer: Layer, { input, artefact }: LayerContext): string {
  const tensor = (suffix: string): Float32Array => artefact.weights.get(`${layer.name}/${suffix}`)!;
  switch (layer.type) {
    case 'conv1d': {
      const channels = tensor('kernel').length / (layer.kernelSteps * layer.filters);
      const shape = [layer.filters, channels, layer.kernelSteps];
      const kernel = permuted(shape, (filter, channel, step) => tensor('kernel')[(step * channels + channel) * layer.filters + filter]!);
      const sum = graph.node('Conv', [input, graph.floats(shape, kernel), graph.floats([layer.filters], tensor('bias'))], {
        kernel_shape: [layer.kernelSteps],
      });
      return graph.node('Relu', [sum], {});
    }
    case 'max_pool':
      return graph.node('MaxPool', [input], { kernel_shape: [layer.size], strides: [layer.size] });
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

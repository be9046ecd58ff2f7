/** An artefact as a TF.js layers model: `model.json` and `weights.bin`, from `features [batch, frames, coefficients]`, normalised, to `posteriors`. */

import { assertNever } from '#shared/assert-never.ts';
import type { Artefact } from '#shared/model/artefact.ts';
import { windowFrames } from '#shared/model/manifest.ts';
import { bandGeometry, shapesOf, type Layer, type LayerShape } from '#shared/model/topology.ts';

/** The two files; `modelJson` names the other one. */
export interface LayersModelFiles {
  readonly modelJson: string;
  readonly weightsBytes: Uint8Array;
}

export const LAYERS_MODEL_FILE = 'model.json';
export const LAYERS_WEIGHTS_FILE = 'weights.bin';
const INPUT = 'features';
/** Of the format written here, as TF.js itself tells it. */
const KERAS_VERSION = 'tfjs-layers 4.22.0';

/** Writes the network as the functional model that `tf.loadLayersModel` reads. */
export function layersModel({ manifest, weights }: Artefact): LayersModelFiles {
  const [frames, coefficients] = [windowFrames(manifest), manifest.features.coefficients];
  const graph = new LayerGraph([frames, coefficients]);
  let output = INPUT;
  for (const shape of shapesOf(manifest.topology, frames, coefficients)) output = addLayer(graph, shape, output);
  const tensors = manifest.weights.map(({ name, shape }) => ({ name: kerasName(name), shape: kerasShape(name, shape), dtype: 'float32' }));
  const model = {
    format: 'layers-model',
    generatedBy: `${manifest.name} ${manifest.version}`,
    modelTopology: {
      class_name: 'Model',
      config: graph.config(manifest.name, output),
      keras_version: KERAS_VERSION,
      backend: 'tensor_flow.js',
    },
    weightsManifest: [{ paths: [LAYERS_WEIGHTS_FILE], weights: tensors }],
  };
  return { modelJson: JSON.stringify(model), weightsBytes: littleEndian(manifest.weights.map(({ name }) => weights.get(name)!)) };
}

/** A layer as Keras describes it. */
interface KerasLayer {
  readonly class_name: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inbound_nodes: readonly unknown[];
}

/** Collects layers by name; each has one output. */
class LayerGraph {
  readonly #layers: KerasLayer[];

  constructor(inputShape: readonly number[]) {
    const config = { batch_input_shape: [null, ...inputShape], dtype: 'float32', sparse: false, name: INPUT };
    this.#layers = [{ class_name: 'InputLayer', name: INPUT, config, inbound_nodes: [] }];
  }

  /** Adds a layer and returns its name. */
  add(kind: string, { name, inputs, ...config }: { name: string; inputs: readonly string[] } & Record<string, unknown>): string {
    const inbound = inputs.map((input) => [input, 0, 0, {}]);
    this.#layers.push({ class_name: kind, name, config: { ...config, name, trainable: true }, inbound_nodes: [inbound] });
    return name;
  }

  config(name: string, output: string): object {
    return { name, layers: this.#layers, input_layers: [[INPUT, 0, 0]], output_layers: [[output, 0, 0]] };
  }
}

const VALID = { padding: 'valid', data_format: 'channels_last' } as const;

function addLayer(graph: LayerGraph, shape: LayerShape, input: string): string {
  const { layer, steps, channels } = shape;
  const { name } = layer;
  const inputs = [input];
  switch (layer.type) {
    case 'conv2d':
      return addBandConvolution(graph, shape, { layer, input });
    case 'conv1d':
      return graph.add('Conv1D', {
        name,
        inputs,
        filters: layer.filters,
        kernel_size: [layer.kernelSteps],
        strides: [1],
        activation: 'relu',
        use_bias: true,
        ...VALID,
      });
    case 'max_pool':
      return graph.add('MaxPooling1D', { name, inputs, pool_size: [layer.size], strides: [layer.size], padding: 'valid' });
    case 'lstm':
      return graph.add('LSTM', {
        name,
        inputs,
        units: layer.units,
        activation: 'tanh',
        recurrent_activation: 'sigmoid',
        use_bias: true,
        return_sequences: true,
      });
    case 'attention':
      return addAttention(graph, { name, input, steps });
    case 'last_state': {
      const image = graph.add('Reshape', { name: `${name}_image`, inputs, target_shape: [steps, 1, channels] });
      const cropping = [
        [steps - 1, 0],
        [0, 0],
      ];
      const last = graph.add('Cropping2D', { name: `${name}_last`, inputs: [image], cropping, data_format: 'channels_last' });
      return graph.add('Flatten', { name, inputs: [last] });
    }
    case 'dense':
      return graph.add('Dense', { name, inputs, units: layer.units, activation: 'softmax', use_bias: true });
    default:
      return assertNever(layer);
  }
}

/** Softmax over time of each step's product with the query, then the sum of the steps by these shares. */
function addAttention(graph: LayerGraph, { name, input, steps }: { name: string; input: string; steps: number }): string {
  const scores = graph.add('Dense', { name, inputs: [input], units: 1, activation: 'linear', use_bias: false });
  const row = graph.add('Flatten', { name: `${name}_row`, inputs: [scores] });
  const shares = graph.add('Softmax', { name: `${name}_shares`, inputs: [row], axis: -1 });
  const column = graph.add('Reshape', { name: `${name}_column`, inputs: [shares], target_shape: [steps, 1] });
  const sum = graph.add('Dot', { name: `${name}_sum`, inputs: [column, input], axes: [1, 1], normalize: false });
  return graph.add('Flatten', { name: `${name}_state`, inputs: [sum] });
}

/** Zeros go around the bands by a layer of their own: "same" would pad time as well. */
function addBandConvolution(
  graph: LayerGraph,
  { bands, steps, channels, outSteps, outChannels }: LayerShape,
  { layer, input }: { layer: Extract<Layer, { type: 'conv2d' }>; input: string },
): string {
  const { name, filters, kernelSteps, kernelBands, strideSteps, strideBands } = layer;
  const { outBands, padding } = bandGeometry(bands, layer);
  const above = Math.max(0, (outBands - 1) * strideBands + kernelBands - bands - padding);
  const image = graph.add('Reshape', { name: `${name}_image`, inputs: [input], target_shape: [steps, bands, channels / bands] });
  const zeros = [
    [0, 0],
    [padding, above],
  ];
  const padded = graph.add('ZeroPadding2D', { name: `${name}_padded`, inputs: [image], padding: zeros, data_format: 'channels_last' });
  const sum = graph.add('Conv2D', {
    name,
    inputs: [padded],
    filters,
    kernel_size: [kernelSteps, kernelBands],
    strides: [strideSteps, strideBands],
    activation: 'relu',
    use_bias: true,
    ...VALID,
  });
  return graph.add('Reshape', { name: `${name}_steps`, inputs: [sum], target_shape: [outSteps, outChannels] });
}

function kerasName(tensor: string): string {
  return tensor.replace(/\/recurrent$/, '/recurrent_kernel').replace(/\/query$/, '/kernel');
}

function kerasShape(tensor: string, shape: readonly number[]): number[] {
  return tensor.endsWith('/query') ? [...shape, 1] : [...shape];
}

function littleEndian(tensors: readonly Float32Array[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * tensors.reduce((sum, { length }) => sum + length, 0)));
  let at = 0;
  for (const tensor of tensors) {
    for (const value of tensor) {
      view.setFloat32(at, value, true);
      at += 4;
    }
  }
  return new Uint8Array(view.buffer);
}

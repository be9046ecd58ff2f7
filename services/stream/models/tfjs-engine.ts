/** The optional engine on TensorFlow.js: each window by a plain LayersModel. A second opinion for tests, and for topologies of its own. */

import type * as tf from '@tensorflow/tfjs-node';

import { assertNever } from '#shared/assert-never.ts';
import { CodedError } from '#shared/coded-error.ts';
import { MfccExtractor } from '#shared/features/mfcc.ts';
import type { Artefact } from '#shared/model/artefact.ts';
import type { Classifier, ClassifierStream, Engine } from '#shared/model/classifier.ts';
import { strideFrames, windowFrames, type Manifest } from '#shared/model/manifest.ts';
import { normaliseFrames } from '#shared/model/normalisation.ts';
import { bandGeometry, shapesOf, type Layer, type LayerShape } from '#shared/model/topology.ts';
import { WindowOfFrames } from '#shared/model/window-of-frames.ts';

type TensorFlow = typeof tf;

/** TensorFlow.js is asked for, but is not installed or does not load. */
export class TfjsUnavailableError extends CodedError {
  constructor(options: ErrorOptions) {
    super('tfjs_unavailable', 'the engine tfjs needs @tensorflow/tfjs-node with its native library; choose the engine kernel', options);
  }
}

/**
 * Loads TensorFlow.js, which a service that never asks for it does not need.
 *
 * @throws {TfjsUnavailableError}
 */
export async function createTfjsEngine(): Promise<Engine> {
  const library = await importTensorFlow();
  return { name: 'tfjs', load: (artefact) => new TfjsClassifier(library, artefact) };
}

/** The network of an artefact as a LayersModel: `[batch, windowFrames, coefficients]`, normalised, to posteriors. */
export function buildLayersModel(library: TensorFlow, artefact: Artefact): tf.LayersModel {
  const { manifest } = artefact;
  const [frames, coefficients] = [windowFrames(manifest), manifest.features.coefficients];
  const input = library.input({ shape: [frames, coefficients] });
  let output: tf.SymbolicTensor = input;
  for (const shape of shapesOf(manifest.topology, frames, coefficients)) output = applyLayer(library, shape, output);
  const model = library.model({ inputs: input, outputs: output });
  setWeights(library, model, artefact);
  return model;
}

class TfjsClassifier implements Classifier {
  readonly manifest: Manifest;
  readonly extractor: MfccExtractor;
  readonly #library: TensorFlow;
  readonly #model: tf.LayersModel;

  constructor(library: TensorFlow, artefact: Artefact) {
    this.manifest = artefact.manifest;
    this.extractor = new MfccExtractor(artefact.manifest.features);
    this.#library = library;
    this.#model = buildLayersModel(library, artefact);
  }

  openStream(): ClassifierStream {
    return new TfjsStream(this.#library, this.#model, this.manifest);
  }

  close(): void {
    this.#model.dispose();
  }
}

class TfjsStream implements ClassifierStream {
  readonly #library: TensorFlow;
  readonly #model: tf.LayersModel;
  readonly #manifest: Manifest;
  readonly #window: WindowOfFrames;

  constructor(library: TensorFlow, model: tf.LayersModel, manifest: Manifest) {
    this.#library = library;
    this.#model = model;
    this.#manifest = manifest;
    this.#window = new WindowOfFrames({
      windowFrames: windowFrames(manifest),
      strideFrames: strideFrames(manifest),
      coefficients: manifest.features.coefficients,
    });
  }

  advance(frames: Float32Array): Float32Array {
    const window = this.#window.advance(frames);
    const normalised = new Float32Array(window.length);
    normaliseFrames(window, this.#manifest.normalisation, normalised);
    const { windowFrames: steps, coefficients } = this.#window.options;
    const tf = this.#library;
    return tf.tidy(() => {
      const posteriors = this.#model.predict(tf.tensor3d(normalised, [1, steps, coefficients])) as tf.Tensor;
      // the pipeline is synchronous, and the CPU backend has computed by now: an await would only reorder sessions
      return posteriors.dataSync<'float32'>();
    });
  }

  reset(): void {
    this.#window.reset();
  }

  close(): void {
    this.reset();
  }
}

async function importTensorFlow(): Promise<TensorFlow> {
  try {
    return await import('@tensorflow/tfjs-node');
  } catch (error) {
    throw new TfjsUnavailableError({ cause: error });
  }
}

/** Weights come from the artefact; an orthogonal start would only take time. */
const UNTRAINED = { kernelInitializer: 'zeros', recurrentInitializer: 'zeros' } as const;

/** Applies layer after layer to a symbolic tensor. */
function applyLayer({ layers }: TensorFlow, shape: LayerShape, input: tf.SymbolicTensor): tf.SymbolicTensor {
  const { layer, steps, channels } = shape;
  const apply = (built: tf.layers.Layer, to: tf.SymbolicTensor | tf.SymbolicTensor[] = input): tf.SymbolicTensor =>
    built.apply(to) as tf.SymbolicTensor;
  const { name } = layer;
  switch (layer.type) {
    case 'conv2d': {
      const { below, above } = zeroBands(shape.bands, layer);
      const image = apply(layers.reshape({ targetShape: [steps, shape.bands, channels / shape.bands] }));
      const padding: [[number, number], [number, number]] = [
        [0, 0],
        [below, above],
      ];
      const padded = apply(layers.zeroPadding2d({ padding }), image);
      const kernelSize: [number, number] = [layer.kernelSteps, layer.kernelBands];
      const strides: [number, number] = [layer.strideSteps, layer.strideBands];
      const convolution = layers.conv2d({ name, filters: layer.filters, kernelSize, strides, activation: 'relu', kernelInitializer: 'zeros' });
      return apply(layers.reshape({ targetShape: [shape.outSteps, shape.outChannels] }), apply(convolution, padded));
    }
    case 'conv1d':
      return apply(layers.conv1d({ name, filters: layer.filters, kernelSize: layer.kernelSteps, activation: 'relu', kernelInitializer: 'zeros' }));
    case 'max_pool':
      return apply(layers.maxPooling1d({ name, poolSize: layer.size, strides: layer.size }));
    case 'lstm':
      return apply(layers.lstm({ name, units: layer.units, recurrentActivation: 'sigmoid', returnSequences: true, ...UNTRAINED }));
    case 'attention': {
      const scores = apply(layers.flatten(), apply(layers.dense({ name, units: 1, useBias: false, kernelInitializer: 'zeros' })));
      const shares = apply(layers.reshape({ targetShape: [steps, 1] }), apply(layers.softmax(), scores));
      return apply(layers.flatten(), apply(layers.dot({ axes: [1, 1] }), [shares, input]));
    }
    case 'last_state': {
      const image = apply(layers.reshape({ targetShape: [steps, 1, channels] }));
      const cropping: [[number, number], [number, number]] = [
        [steps - 1, 0],
        [0, 0],
      ];
      return apply(layers.flatten(), apply(layers.cropping2D({ cropping }), image));
    }
    case 'dense':
      return apply(layers.dense({ name, units: layer.units, activation: 'softmax', kernelInitializer: 'zeros' }));
    default:
      return assertNever(layer);
  }
}

/** Bands of zeros below and above: TensorFlow's own "same" would pad time as well. */
function zeroBands(bands: number, layer: Extract<Layer, { type: 'conv2d' }>): { below: number; above: number } {
  const { outBands, padding } = bandGeometry(bands, layer);
  return { below: padding, above: Math.max(0, (outBands - 1) * layer.strideBands + layer.kernelBands - bands - padding) };
}

/** Gives each layer of the model the artefact's weights. */
function setWeights(library: TensorFlow, model: tf.LayersModel, { manifest, weights }: Artefact): void {
  for (const layer of manifest.topology) {
    const own = manifest.weights.filter(({ name }) => name.startsWith(`${layer.name}/`));
    if (own.length === 0) continue;
    library.tidy(() => {
      const shapeOf = (shape: readonly number[]): number[] => (layer.type === 'attention' ? [...shape, 1] : [...shape]);
      model.getLayer(layer.name).setWeights(own.map(({ name, shape }) => library.tensor(weights.get(name) ?? [], shapeOf(shape), 'float32')));
    });
  }
}

/** A model in the kernel: its packed weights, the scratch memory all streams share, and the streams themselves. */

import type { Artefact } from '#shared/model/artefact.ts';
import type { Classifier, ClassifierStream } from '#shared/model/classifier.ts';
import { strideFrames, windowFrames, type Manifest } from '#shared/model/manifest.ts';
import { framesPerStep, shapesOf, type LayerShape } from '#shared/model/topology.ts';
import { assertFrames } from '#shared/model/window-of-frames.ts';
import { ConvolutionStage } from '#shared/kernel/convolution-stage.ts';
import { KernelExtractor } from '#shared/kernel/kernel-extractor.ts';
import { Allocations, BYTES_PER_FLOAT, type KernelMemory } from '#shared/kernel/kernel-memory.ts';
import { packMatrix, packVector, padChannels, PANEL_COLUMNS, type PackedMatrix } from '#shared/kernel/packed-matrix.ts';
import { RecurrentStage, type Wavefront } from '#shared/kernel/recurrent-stage.ts';
import { tensorOf } from '#shared/kernel/tensor-of.ts';

/** One model; its streams share weights and scratch memory, so they must live in one thread. */
export class KernelClassifier implements Classifier {
  readonly manifest: Manifest;
  readonly extractor: KernelExtractor;
  readonly #allocations: Allocations;
  readonly #network: KernelNetwork;
  #openStreams = 0;

  constructor(memory: KernelMemory, artefact: Artefact) {
    this.manifest = artefact.manifest;
    this.#allocations = new Allocations(memory);
    try {
      this.#network = new KernelNetwork(this.#allocations, artefact);
      this.extractor = new KernelExtractor(memory, artefact.manifest.features);
    } catch (error) {
      this.#allocations.freeAll(); // out of memory half-way: the models that run keep running
      throw error;
    }
  }

  /** Bytes of the kernel's memory that each stream takes. */
  get stateBytes(): number {
    return this.#network.stateBytes;
  }

  openStream(): ClassifierStream {
    const stream = new KernelStream(this.#network, () => this.#openStreams--);
    this.#openStreams++;
    return stream;
  }

  close(): void {
    if (this.#openStreams > 0) throw new TypeError(`${this.#openStreams} streams of this classifier are still open`);
    this.extractor.close();
    this.#allocations.freeAll();
  }
}

/** The stages in order, and how windows lie over their steps. */
class KernelNetwork {
  readonly memory: KernelMemory;
  readonly windowFrames: number;
  readonly strideFrames: number;
  readonly coefficients: number;
  readonly labels: number;
  readonly stateBytes: number;
  /** Steps of a window, and between windows, where the LSTMs begin. */
  readonly #windowSteps: number;
  readonly #strideSteps: number;
  readonly #stepBytes: number;
  readonly #convolutions: ConvolutionStage;
  readonly #recurrent: RecurrentStage;
  readonly #dense: { readonly kernel: PackedMatrix; readonly bias: number };
  readonly #mean: number;
  readonly #scale: number;
  readonly #frames: number;
  readonly #posteriors: number;

  constructor(allocations: Allocations, artefact: Artefact) {
    const { manifest } = artefact;
    const { topology, features, normalisation, labels } = manifest;
    this.memory = allocations.memory;
    this.windowFrames = windowFrames(manifest);
    this.strideFrames = strideFrames(manifest);
    this.coefficients = features.coefficients;
    this.labels = labels.length;
    const shapes = shapesOf(topology, this.windowFrames, this.coefficients);
    const convolutional = shapes.filter(({ layer }) => layer.type === 'conv1d' || layer.type === 'max_pool');
    const recurrent = shapes.slice(convolutional.length, -1);
    const { steps, channels } = recurrent[0]!;
    this.#windowSteps = steps;
    this.#strideSteps = this.strideFrames / framesPerStep(topology);
    this.#stepBytes = padChannels(channels) * BYTES_PER_FLOAT;
    const input = { steps: this.windowFrames, channels: this.coefficients };
    this.#convolutions = new ConvolutionStage(allocations, artefact, { shapes: convolutional, input, strideFrames: this.strideFrames });
    const maxWindows = Math.ceil(this.#windowSteps / this.#strideSteps);
    const maxSteps = Math.max(this.#windowSteps, this.#strideSteps);
    this.#recurrent = new RecurrentStage(allocations, artefact, { shapes: recurrent, maxSteps, maxWindows });
    this.#dense = prepareDense(allocations, artefact, shapes.at(-1)!);
    this.#mean = packVector(allocations, Float32Array.from(normalisation.mean));
    this.#scale = packVector(
      allocations,
      Float32Array.from(normalisation.deviation, (deviation) => 1 / deviation),
    );
    this.#frames = allocations.allocate(Math.max(this.windowFrames, this.strideFrames) * this.coefficients * BYTES_PER_FLOAT);
    this.#posteriors = allocations.allocate(this.#dense.kernel.panels * PANEL_COLUMNS * BYTES_PER_FLOAT);
    this.stateBytes = this.#recordsOffset + maxWindows * this.#recurrent.recordBytes;
  }

  /** The records of windows in flight come last in a stream's state. */
  wavefrontOf(state: number): Wavefront {
    return { records: state + this.#recordsOffset, windows: 0 };
  }

  /** Between the convolutions' history and the records: the steps of the first window, for the windows that overlap it. */
  get #firstStepsOffset(): number {
    return this.#convolutions.historyBytes;
  }

  get #recordsOffset(): number {
    return this.#firstStepsOffset + this.#windowSteps * this.#stepBytes;
  }

  /**
   * Completes the next window of a stream.
   *
   * @param windowIndex - how many windows the stream has completed
   */
  advance(frames: Float32Array, state: number, wavefront: Wavefront, windowIndex: number): void {
    const isFirst = windowIndex === 0;
    const steps = this.#convolve(frames, state, isFirst);
    if (isFirst) {
      this.#keepFirstSteps(state, steps.address);
      this.#runFirstWindow(steps, wavefront);
      return;
    }
    if (windowIndex === 1) this.#startOverlapping(state, wavefront);
    this.#recurrent.project(steps.address, steps.count);
    // the steps that are new since the last window; a window begins at every multiple of the stride
    for (let i = 0; i < steps.count; i++) this.#step(wavefront, i, (this.#windowSteps + i) % this.#strideSteps === 0);
    this.#finish(wavefront, steps.count - 1);
  }

  /** Copies the posteriors of the window just completed. */
  readPosteriors(out: Float32Array): void {
    const [floats, source] = [this.memory.floats, this.#posteriors / BYTES_PER_FLOAT];
    for (let i = 0; i < out.length; i++) out[i] = floats[source + i]!;
  }

  #convolve(frames: Float32Array, state: number, isFirst: boolean): { readonly address: number; readonly count: number } {
    const rows = isFirst ? this.windowFrames : this.strideFrames;
    this.memory.floats.set(frames, this.#frames / BYTES_PER_FLOAT);
    const rowBytes = padChannels(this.coefficients) * BYTES_PER_FLOAT;
    const target = this.#convolutions.inputAddress(isFirst);
    this.memory.exports.normalise(this.#frames, rows, this.coefficients, this.#mean, this.#scale, target, rowBytes);
    return this.#convolutions.run(state, isFirst, rows);
  }

  #keepFirstSteps(state: number, steps: number): void {
    this.memory.exports.copy(state + this.#firstStepsOffset, steps, this.#windowSteps * this.#stepBytes);
  }

  /** The first window runs alone: a recording of one window never pays for those that would overlap it. */
  #runFirstWindow(steps: { readonly address: number; readonly count: number }, wavefront: Wavefront): void {
    this.#recurrent.project(steps.address, steps.count);
    for (let i = 0; i < steps.count; i++) this.#step(wavefront, i, i === 0);
    this.#finish(wavefront, steps.count - 1);
  }

  /** Brings the windows that began within the first one up to its last step. */
  #startOverlapping(state: number, wavefront: Wavefront): void {
    if (this.#strideSteps >= this.#windowSteps) return;
    this.#recurrent.project(state + this.#firstStepsOffset, this.#windowSteps);
    for (let i = this.#strideSteps; i < this.#windowSteps; i++) this.#step(wavefront, i, i % this.#strideSteps === 0);
  }

  #step(wavefront: Wavefront, step: number, beginsWindow: boolean): void {
    if (beginsWindow) wavefront.windows++;
    if (wavefront.windows > 0) this.#recurrent.advance(wavefront, step, beginsWindow);
  }

  #finish(wavefront: Wavefront, lastStep: number): void {
    const { address, inner, panels } = this.#dense.kernel;
    const pooled = this.#recurrent.pool(wavefront, lastStep);
    this.memory.exports.matrixProduct(pooled, 0, 1, inner, address, panels, this.#dense.bias, 0, this.#posteriors, 0, 0);
    this.memory.exports.softmax(this.#posteriors, this.labels);
    this.#recurrent.retire(wavefront);
  }
}

class KernelStream implements ClassifierStream {
  readonly #network: KernelNetwork;
  readonly #onClose: () => void;
  readonly #state: number;
  readonly #wavefront: Wavefront;
  readonly #posteriors: Float32Array;
  #windowIndex = 0;
  #isOpen = true;

  constructor(network: KernelNetwork, onClose: () => void) {
    this.#network = network;
    this.#onClose = onClose;
    this.#state = network.memory.allocate(network.stateBytes);
    this.#wavefront = network.wavefrontOf(this.#state);
    this.#posteriors = new Float32Array(network.labels);
  }

  advance(frames: Float32Array): Float32Array {
    if (!this.#isOpen) throw new TypeError('this stream is closed');
    const { windowFrames, strideFrames, coefficients } = this.#network;
    assertFrames(frames, this.#windowIndex === 0 ? windowFrames : strideFrames, coefficients);
    this.#network.advance(frames, this.#state, this.#wavefront, this.#windowIndex);
    this.#network.readPosteriors(this.#posteriors);
    this.#windowIndex++;
    return this.#posteriors;
  }

  reset(): void {
    this.#windowIndex = 0;
    this.#wavefront.windows = 0;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#network.memory.free(this.#state);
    this.#onClose();
  }
}

function prepareDense(
  allocations: Allocations,
  artefact: Artefact,
  { layer, outChannels }: LayerShape,
): { kernel: PackedMatrix; bias: number } {
  return {
    kernel: packMatrix(allocations, tensorOf(artefact, layer, 'kernel'), outChannels),
    bias: packVector(allocations, tensorOf(artefact, layer, 'bias')),
  };
}

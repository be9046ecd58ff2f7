/** A model's layers in the kernel: which runs when, over whose rows, and how windows lie over steps. */

import type { Artefact } from '#shared/model/artefact.ts';
import { strideFrames, windowFrames } from '#shared/model/manifest.ts';
import { framesPerStep, shapesOf } from '#shared/model/topology.ts';

import { ConvolutionStage } from './convolution-stage.ts';
import { BYTES_PER_FLOAT, type Allocations, type KernelMemory } from './kernel-memory.ts';
import { packMatrix, packVector, padChannels, PANEL_COLUMNS, type PackedMatrix } from './packed-matrix.ts';
import { RecurrentStage, type Wavefront } from './recurrent-stage.ts';
import { kernelLayers, rowBytesOf, type KernelLayer } from './row-layout.ts';
import { tensorOf } from './tensor-of.ts';

const CONVOLUTIONAL: ReadonlySet<string> = new Set(['conv2d', 'conv1d', 'max_pool']);

/** What a stream is in the middle of: its flat buffer in the kernel's memory, and how far it has come. */
export interface StreamState {
  /** Of `stateBytes`: the convolutions' history, the first window's steps, the records of windows in flight. */
  readonly address: number;
  readonly wavefront: Wavefront;
  /** How many windows are complete. */
  windowIndex: number;
}

/** Runs the network for any stream; weights and scratch memory are shared by all. */
export class KernelNetwork {
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
    const layers = kernelLayers(shapesOf(topology, this.windowFrames, this.coefficients));
    const convolutional = layers.filter(({ layer }) => CONVOLUTIONAL.has(layer.type));
    const recurrent = layers.slice(convolutional.length, -1);
    this.#windowSteps = recurrent[0]!.steps;
    this.#strideSteps = this.strideFrames / framesPerStep(topology);
    this.#stepBytes = rowBytesOf(recurrent[0]!);
    const rows = { windowFrames: this.windowFrames, strideFrames: this.strideFrames, outRowBytes: this.#stepBytes };
    this.#convolutions = new ConvolutionStage(allocations, artefact, { layers: convolutional, ...rows });
    const maxWindows = Math.ceil(this.#windowSteps / this.#strideSteps);
    const maxSteps = Math.max(this.#windowSteps, this.#strideSteps);
    this.#recurrent = new RecurrentStage(allocations, artefact, { layers: recurrent, maxSteps, maxWindows });
    this.#dense = prepareDense(allocations, artefact, layers.at(-1)!);
    this.#mean = packVector(allocations, Float32Array.from(normalisation.mean));
    this.#scale = packVector(
      allocations,
      Float32Array.from(normalisation.deviation, (deviation) => 1 / deviation),
    );
    this.#frames = allocations.allocate(Math.max(this.windowFrames, this.strideFrames) * this.coefficients * BYTES_PER_FLOAT);
    this.#posteriors = allocations.allocate(this.#dense.kernel.panels * PANEL_COLUMNS * BYTES_PER_FLOAT);
    this.stateBytes = this.#recordsOffset + maxWindows * this.#recurrent.recordBytes;
  }

  /** The state of a new stream; the caller frees its `address`. */
  openState(): StreamState {
    const address = this.memory.allocate(this.stateBytes);
    return { address, wavefront: { records: address + this.#recordsOffset, windows: 0 }, windowIndex: 0 };
  }

  /** Between the convolutions' history and the records: the steps of the first window, for the windows that overlap it. */
  get #firstStepsOffset(): number {
    return this.#convolutions.historyBytes;
  }

  get #recordsOffset(): number {
    return this.#firstStepsOffset + this.#windowSteps * this.#stepBytes;
  }

  /** Completes the next window of a stream. */
  advance(frames: Float32Array, stream: StreamState): void {
    const { address, wavefront } = stream;
    const isFirst = stream.windowIndex === 0;
    const steps = this.#convolve(frames, address, isFirst);
    if (isFirst) this.#keepFirstSteps(address, steps.address);
    if (stream.windowIndex === 1) this.#startOverlapping(address, wavefront);
    this.#recurrent.project(steps.address, steps.count);
    // the first window runs alone: a recording of one window never pays for those that would overlap it
    const [origin, period] = isFirst ? [0, Infinity] : [this.#windowSteps, this.#strideSteps];
    for (let step = 0; step < steps.count; step++) this.#step(wavefront, step, (origin + step) % period === 0);
    this.#finish(wavefront, steps.count - 1);
    stream.windowIndex++;
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

function prepareDense(
  allocations: Allocations,
  artefact: Artefact,
  { layer, groups, outChannels }: KernelLayer,
): { kernel: PackedMatrix; bias: number } {
  return {
    kernel: packMatrix(allocations, tensorOf(artefact, layer, 'kernel'), { columns: outChannels, rowGroups: groups }),
    bias: packVector(allocations, tensorOf(artefact, layer, 'bias')),
  };
}

/** Convolutions and pools of a stream: each output is computed once, when its last input arrives, and shared by all windows. */

import type { Artefact } from '#shared/model/artefact.ts';
import { BandConvolution } from './band-convolution.ts';
import { BYTES_PER_FLOAT, type Allocations } from './kernel-memory.ts';
import type { KernelExports } from './kernel-exports.ts';
import { packMatrix, packVector, PANEL_COLUMNS, type PackedMatrix } from './packed-matrix.ts';
import { rowBytesOf, type KernelLayer } from './row-layout.ts';
import { tensorOf } from './tensor-of.ts';

type Operation =
  | { readonly type: 'conv2d'; readonly convolution: BandConvolution }
  | { readonly type: 'conv1d'; readonly kernel: PackedMatrix; readonly bias: number }
  | { readonly type: 'max_pool'; readonly size: number };

/** How a layer moves over its input rows: output `i` sees `patchRows` of them from row `i · strideRows` on. */
interface Movement {
  readonly patchRows: number;
  readonly strideRows: number;
}

/**
 * One layer. Its input rows lie one after another in `buffer`, shared by all streams: first the `historyRows` that later outputs still
 * need, restored from the stream's state, then the new ones.
 */
interface ConvolutionStep extends Movement {
  readonly operation: Operation;
  /** From where the next output begins to the end of a window: below zero if it begins beyond (a stride longer than a patch). */
  readonly historyRows: number;
  readonly rowBytes: number;
  readonly buffer: number;
  /** Where the history lies in a stream's state. */
  readonly historyOffset: number;
}

/** Rows of `[rows][channels]` that a stage has produced. */
export interface StageRows {
  address: number;
  count: number;
}

/**
 * The stage before the LSTMs. Windows lie a whole number of pooled steps apart, so that strides and pools of all windows fall together,
 * and the rows that a layer keeps are the same after every stride.
 */
export class ConvolutionStage {
  /** Bytes of a stream's state. */
  readonly historyBytes: number;
  readonly #exports: KernelExports;
  readonly #steps: readonly ConvolutionStep[];
  readonly #out: StageRows;

  /**
   * @param layers - those before the first LSTM; none is possible
   * @param strideFrames - frames that come with each later window
   * @param outRowBytes - bytes of one row of the result
   */
  constructor(allocations: Allocations, artefact: Artefact, options: ConvolutionStageOptions) {
    const { layers, windowFrames, strideFrames, outRowBytes } = options;
    this.#exports = allocations.memory.exports;
    const steps: ConvolutionStep[] = [];
    let historyOffset = 0;
    let newRows = Math.max(windowFrames, strideFrames);
    for (const layer of layers) {
      const movement = movementOf(layer);
      const rowBytes = rowBytesOf(layer);
      const historyRows = layer.steps - layer.outSteps * movement.strideRows;
      const skippedRows = Math.max(0, -historyRows);
      const rows = allocations.allocate((Math.abs(historyRows) + newRows) * rowBytes);
      const operation = prepare(allocations, artefact, layer);
      steps.push({ operation, ...movement, historyRows, rowBytes, buffer: rows + skippedRows * rowBytes, historyOffset });
      historyOffset += Math.max(0, historyRows) * rowBytes;
      newRows = Math.ceil(newRows / movement.strideRows);
    }
    this.#out = { address: allocations.allocate(newRows * outRowBytes), count: 0 };
    this.#steps = steps;
    this.historyBytes = historyOffset;
  }

  /** Where the caller puts new input rows. */
  inputAddress(isFirst: boolean): number {
    return this.#target(0, isFirst);
  }

  /**
   * Runs all layers over new rows.
   *
   * @param state - the stream's history
   * @param isFirst - whether the stream has no history yet
   * @returns new rows of the last layer; valid until the next call
   */
  run(state: number, isFirst: boolean, newRows: number): StageRows {
    let rows = newRows;
    for (let i = 0; i < this.#steps.length; i++) {
      rows = this.#runStep(this.#steps[i]!, { state, isFirst, newRows: rows, out: this.#target(i + 1, isFirst) });
    }
    this.#out.count = rows;
    return this.#out;
  }

  #target(index: number, isFirst: boolean): number {
    const step = this.#steps[index];
    if (step === undefined) return this.#out.address;
    return step.buffer + (isFirst ? 0 : step.historyRows * step.rowBytes);
  }

  #runStep(step: ConvolutionStep, call: { state: number; isFirst: boolean; newRows: number; out: number }): number {
    const { buffer, rowBytes, historyRows, patchRows, strideRows } = step;
    const history = call.state + step.historyOffset;
    const historyBytes = historyRows * rowBytes;
    if (!call.isFirst && historyBytes > 0) this.#exports.copy(buffer, history, historyBytes);
    const rows = (call.isFirst ? 0 : historyRows) + call.newRows;
    const outRows = Math.floor((rows - patchRows) / strideRows) + 1;
    this.#compute(step, call.out, outRows);
    if (historyBytes > 0) this.#exports.copy(history, buffer + (rows - historyRows) * rowBytes, historyBytes);
    return outRows;
  }

  #compute({ operation, buffer, rowBytes }: ConvolutionStep, out: number, outRows: number): void {
    switch (operation.type) {
      case 'max_pool':
        return this.#exports.maxPool(buffer, rowBytes, operation.size, out, outRows);
      case 'conv2d':
        return operation.convolution.run(buffer, out, outRows);
      case 'conv1d': {
        const { address, inner, panels } = operation.kernel;
        const outBytes = panels * PANEL_COLUMNS * BYTES_PER_FLOAT;
        // a convolution's patch is a run of consecutive rows, so the rows themselves are the left matrix
        this.#exports.matrixProduct(buffer, rowBytes, outRows, inner, address, panels, operation.bias, 0, out, outBytes, 1);
      }
    }
  }
}

/** What a convolution stage is built from. */
export interface ConvolutionStageOptions {
  readonly layers: readonly KernelLayer[];
  readonly windowFrames: number;
  readonly strideFrames: number;
  readonly outRowBytes: number;
}

function movementOf({ layer, steps, outSteps }: KernelLayer): Movement {
  if (layer.type === 'max_pool') return { patchRows: layer.size, strideRows: layer.size };
  if (layer.type === 'conv2d') return { patchRows: layer.kernelSteps, strideRows: layer.strideSteps };
  return { patchRows: steps - outSteps + 1, strideRows: 1 };
}

function prepare(allocations: Allocations, artefact: Artefact, kernelLayer: KernelLayer): Operation {
  const { layer, groups } = kernelLayer;
  switch (layer.type) {
    case 'max_pool':
      return { type: 'max_pool', size: layer.size };
    case 'conv2d':
      return { type: 'conv2d', convolution: new BandConvolution(allocations, artefact, { ...kernelLayer, layer }) };
    case 'conv1d': {
      const rowGroups = layer.kernelSteps * groups;
      const kernel = packMatrix(allocations, tensorOf(artefact, layer, 'kernel'), { columns: layer.filters, rowGroups });
      return { type: 'conv1d', kernel, bias: packVector(allocations, tensorOf(artefact, layer, 'bias')) };
    }
    default:
      throw new TypeError(`layer ${layer.name} (${layer.type}) does not belong before the LSTMs`);
  }
}

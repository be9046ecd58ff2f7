/** Convolutions and pools of a stream: each output is computed once, when its last input arrives, and shared by all windows. */

import type { Artefact } from '#shared/model/artefact.ts';
import type { LayerShape } from '#shared/model/topology.ts';
import { BYTES_PER_FLOAT, type Allocations } from './kernel-memory.ts';
import type { KernelExports } from './kernel-exports.ts';
import { packMatrix, packVector, padChannels, PANEL_COLUMNS, type PackedMatrix } from './packed-matrix.ts';
import { tensorOf } from './tensor-of.ts';

/**
 * One layer. Its input rows lie one after another in `buffer`, shared by all streams: first the `historyRows` that later outputs still
 * need, restored from the stream's state, then the new ones.
 */
interface ConvolutionStep {
  readonly run:
    | { readonly type: 'conv1d'; readonly kernel: PackedMatrix; readonly bias: number }
    | { readonly type: 'max_pool'; readonly size: number };
  /** Steps taken away by valid padding. */
  readonly lostRows: number;
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
 * The stage before the LSTMs. Windows lie a whole number of pooled steps apart, so that pools of all windows fall together, and the
 * rows that a layer keeps are the same after every stride.
 */
export class ConvolutionStage {
  /** Bytes of a stream's state. */
  readonly historyBytes: number;
  readonly #exports: KernelExports;
  readonly #steps: readonly ConvolutionStep[];
  readonly #out: StageRows;

  /**
   * @param shapes - the layers before the first LSTM; none is possible
   * @param input - frames and channels that the first layer is given for a whole window
   * @param strideFrames - frames that come with each later window
   */
  constructor(allocations: Allocations, artefact: Artefact, { shapes, input, strideFrames }: ConvolutionStageOptions) {
    this.#exports = allocations.memory.exports;
    const steps: ConvolutionStep[] = [];
    let historyOffset = 0;
    let newRows = Math.max(input.steps, strideFrames);
    for (const shape of shapes) {
      const rowBytes = padChannels(shape.channels) * BYTES_PER_FLOAT;
      const { lostRows, historyRows } = rowsOf(shape);
      const buffer = allocations.allocate((historyRows + newRows) * rowBytes);
      steps.push({ run: prepare(allocations, artefact, shape), lostRows, historyRows, rowBytes, buffer, historyOffset });
      historyOffset += historyRows * rowBytes;
      newRows = shape.layer.type === 'max_pool' ? Math.ceil(newRows / shape.layer.size) : newRows;
    }
    const outChannels = shapes.at(-1)?.outChannels ?? input.channels;
    this.#out = { address: allocations.allocate(newRows * padChannels(outChannels) * BYTES_PER_FLOAT), count: 0 };
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
    const { run, buffer, rowBytes, historyRows } = step;
    const history = call.state + step.historyOffset;
    const historyBytes = historyRows * rowBytes;
    if (!call.isFirst && historyBytes > 0) this.#exports.copy(buffer, history, historyBytes);
    const rows = (call.isFirst ? 0 : historyRows) + call.newRows;
    const outRows = run.type === 'max_pool' ? Math.floor(rows / run.size) : rows - step.lostRows;
    if (run.type === 'max_pool') {
      this.#exports.maxPool(buffer, rowBytes, run.size, call.out, outRows);
    } else {
      const { address, inner, panels } = run.kernel;
      const outBytes = panels * PANEL_COLUMNS * BYTES_PER_FLOAT;
      // a convolution's patch is a run of consecutive rows, so the rows themselves are the left matrix
      this.#exports.matrixProduct(buffer, rowBytes, outRows, inner, address, panels, run.bias, 0, call.out, outBytes, 1);
    }
    if (historyBytes > 0) this.#exports.copy(history, buffer + (rows - historyRows) * rowBytes, historyBytes);
    return outRows;
  }
}

/** What a convolution stage is built from. */
export interface ConvolutionStageOptions {
  readonly shapes: readonly LayerShape[];
  readonly input: { readonly steps: number; readonly channels: number };
  readonly strideFrames: number;
}

/** A convolution keeps what its next patch begins with, a pool the rows of a group that is not full. */
function rowsOf({ layer, steps, outSteps }: LayerShape): { lostRows: number; historyRows: number } {
  if (layer.type === 'max_pool') return { lostRows: 0, historyRows: steps - outSteps * layer.size };
  return { lostRows: steps - outSteps, historyRows: steps - outSteps };
}

function prepare(allocations: Allocations, artefact: Artefact, { layer }: LayerShape): ConvolutionStep['run'] {
  if (layer.type === 'max_pool') return { type: 'max_pool', size: layer.size };
  if (layer.type !== 'conv1d') throw new TypeError(`layer ${layer.name} (${layer.type}) does not belong before the LSTMs`);
  const kernel = packMatrix(allocations, tensorOf(artefact, layer, 'kernel'), { columns: layer.filters, rowGroups: layer.kernelSteps });
  return { type: 'conv1d', kernel, bias: packVector(allocations, tensorOf(artefact, layer, 'bias')) };
}

/** The wavefront: all windows that contain a new step advance through LSTMs and attention together, one row of a matrix each. */

import type { Artefact } from '#shared/model/artefact.ts';
import { BYTES_PER_FLOAT, type Allocations } from './kernel-memory.ts';
import type { KernelExports } from './kernel-exports.ts';
import { packMatrix, packVector, padChannels, type PackedMatrix } from './packed-matrix.ts';
import { rowBytesOf, rowFloats, type KernelLayer } from './row-layout.ts';
import { tensorOf } from './tensor-of.ts';

const GATES = 4;
/** The running maximum and sum of weights of an attention, padded to a vector. */
const ATTENTION_EXTRA_BYTES = 16;

interface LstmStep {
  readonly kernel: PackedMatrix;
  readonly recurrent: PackedMatrix;
  readonly bias: number;
  readonly units: number;
  readonly gateBytes: number;
  /** Where hidden state and cell lie in a window's record. */
  readonly hiddenOffset: number;
  readonly cellOffset: number;
}

/** Windows in flight: records one after another, the oldest first. The caller keeps it with the stream. */
export interface Wavefront {
  /** Address of the first record. */
  readonly records: number;
  windows: number;
}

/** LSTMs and the attention; `pool` then gives what the oldest window has come to. */
export class RecurrentStage {
  /** Bytes of one window's record. */
  readonly recordBytes: number;
  readonly outChannels: number;
  readonly #exports: KernelExports;
  readonly #lstms: readonly LstmStep[];
  readonly #query: number | undefined;
  readonly #attentionOffset: number;
  readonly #inputRowBytes: number;
  readonly #projected: number;
  readonly #gates: number;
  readonly #pooled: number;
  #steps = 0;
  /** The step in progress: `windows` records, the `older` of which have seen a step before. */
  #rows = { records: 0, windows: 0, older: 0, step: 0 };

  /**
   * @param layers - the LSTMs and the attention or last state
   * @param maxSteps - steps that `project` may be given at once
   * @param maxWindows - windows in flight at most
   */
  constructor(allocations: Allocations, artefact: Artefact, { layers, maxSteps, maxWindows }: RecurrentStageOptions) {
    this.#exports = allocations.memory.exports;
    const lstms: LstmStep[] = [];
    let offset = 0;
    for (const shape of layers.filter(({ layer }) => layer.type === 'lstm')) {
      const unitBytes = padChannels(shape.outChannels) * BYTES_PER_FLOAT;
      lstms.push({ ...prepareLstm(allocations, artefact, shape), hiddenOffset: offset, cellOffset: offset + unitBytes });
      offset += 2 * unitBytes;
    }
    const pooling = layers.at(-1)!;
    this.outChannels = rowFloats(pooling);
    this.#inputRowBytes = rowBytesOf(layers[0]!);
    this.#query = prepareQuery(allocations, artefact, pooling);
    this.#attentionOffset = offset;
    this.recordBytes = offset + (this.#query === undefined ? 0 : this.outChannels * BYTES_PER_FLOAT + ATTENTION_EXTRA_BYTES);
    this.#lstms = lstms;
    this.#projected = allocations.allocate(maxSteps * (lstms[0]?.gateBytes ?? 0));
    this.#gates = allocations.allocate(maxWindows * Math.max(0, ...lstms.map(({ gateBytes }) => gateBytes)));
    this.#pooled = allocations.allocate(this.outChannels * BYTES_PER_FLOAT);
  }

  /** Takes `count` new steps `[count][channels]`; the first LSTM's input projection is computed once for all windows. */
  project(steps: number, count: number): void {
    this.#steps = steps;
    const first = this.#lstms[0];
    if (first === undefined) return;
    const { address, inner, panels } = first.kernel;
    this.#exports.matrixProduct(
      steps,
      this.#inputRowBytes,
      count,
      inner,
      address,
      panels,
      first.bias,
      0,
      this.#projected,
      first.gateBytes,
      0,
    );
  }

  /**
   * Shows one of the projected steps to all windows in flight.
   *
   * @param isFirstOfYoungest - whether the youngest window sees its first step
   */
  advance({ records, windows }: Wavefront, step: number, isFirstOfYoungest: boolean): void {
    const fresh = isFirstOfYoungest ? 1 : 0;
    this.#rows = { records, windows, older: windows - fresh, step };
    if (isFirstOfYoungest) this.#exports.clear(records + (windows - 1) * this.recordBytes, this.recordBytes);
    for (let i = 0; i < this.#lstms.length; i++) this.#runLstm(this.#lstms[i]!, this.#lstms[i - 1]);
    if (this.#query !== undefined) this.#attend(this.#query);
  }

  /** What the oldest window has come to: address of `[outChannels]`, valid until the next call. */
  pool({ records }: Wavefront, step: number): number {
    if (this.#query !== undefined) {
      this.#exports.attended(records + this.#attentionOffset, this.outChannels, this.#pooled);
      return this.#pooled;
    }
    const last = this.#lstms.at(-1);
    return last === undefined ? this.#steps + step * this.#inputRowBytes : records + last.hiddenOffset;
  }

  /** Forgets the oldest window. */
  retire(wavefront: Wavefront): void {
    wavefront.windows--;
    const { records, windows } = wavefront;
    this.#exports.copy(records, records + this.recordBytes, windows * this.recordBytes);
  }

  #runLstm(lstm: LstmStep, below: LstmStep | undefined): void {
    const { records, windows } = this.#rows;
    const { units, cellOffset, hiddenOffset } = lstm;
    if (below === undefined) this.#startFromProjection(lstm);
    else this.#startFromBelow(lstm, below);
    this.#exports.lstmCells(this.#gates, units, windows, records + cellOffset, records + hiddenOffset, this.recordBytes);
  }

  /** A fresh window's state is zero: its gates are the projection itself. */
  #startFromProjection({ recurrent, gateBytes, hiddenOffset }: LstmStep): void {
    const { records, windows, older, step } = this.#rows;
    const { address, inner, panels } = recurrent;
    const [hidden, gates, projection] = [records + hiddenOffset, this.#gates, this.#projected + step * gateBytes];
    this.#exports.matrixProduct(hidden, this.recordBytes, older, inner, address, panels, projection, 0, gates, gateBytes, 0);
    if (older < windows) this.#exports.copy(gates + older * gateBytes, projection, gateBytes);
  }

  #startFromBelow({ kernel, recurrent, bias, gateBytes, hiddenOffset }: LstmStep, below: LstmStep): void {
    const { records, windows, older } = this.#rows;
    const { recordBytes } = this;
    const [input, hidden, gates] = [records + below.hiddenOffset, records + hiddenOffset, this.#gates];
    this.#exports.matrixProduct(input, recordBytes, windows, kernel.inner, kernel.address, kernel.panels, bias, 0, gates, gateBytes, 0);
    const { address, inner, panels } = recurrent;
    this.#exports.matrixProduct(hidden, recordBytes, older, inner, address, panels, gates, gateBytes, gates, gateBytes, 0);
  }

  #attend(query: number): void {
    const { records, windows, older, step } = this.#rows;
    const last = this.#lstms.at(-1);
    const steps = last === undefined ? this.#steps + step * this.#inputRowBytes : records + last.hiddenOffset;
    const stepBytes = last === undefined ? 0 : this.recordBytes;
    const sums = records + this.#attentionOffset;
    this.#exports.attend(steps, stepBytes, this.outChannels, windows, query, sums, this.recordBytes, windows - older);
  }
}

/** What a recurrent stage is built from. */
export interface RecurrentStageOptions {
  readonly layers: readonly KernelLayer[];
  readonly maxSteps: number;
  readonly maxWindows: number;
}

function prepareLstm(
  allocations: Allocations,
  artefact: Artefact,
  { layer, groups, outChannels }: KernelLayer,
): Omit<LstmStep, 'hiddenOffset' | 'cellOffset'> {
  const layout = { columns: GATES * outChannels, columnGroups: GATES };
  const units = padChannels(outChannels);
  return {
    kernel: packMatrix(allocations, tensorOf(artefact, layer, 'kernel'), { ...layout, rowGroups: groups }),
    recurrent: packMatrix(allocations, tensorOf(artefact, layer, 'recurrent'), layout),
    bias: packVector(allocations, tensorOf(artefact, layer, 'bias'), GATES),
    units,
    gateBytes: GATES * units * BYTES_PER_FLOAT,
  };
}

function prepareQuery(allocations: Allocations, artefact: Artefact, { layer, groups }: KernelLayer): number | undefined {
  return layer.type === 'attention' ? packVector(allocations, tensorOf(artefact, layer, 'query'), groups) : undefined;
}

/** The arithmetic of the resampler: outputs of a polyphase filter, in plain TypeScript here, in the kernel faster. */

import type { ResamplingFilter } from './resampling-filter.ts';

/** Where the outputs of one run lie: the taps of output `k` begin `(phase + k · step) / phases` inputs after the first input. */
export interface OutputGrid {
  readonly filter: ResamplingFilter;
  /** Less than `phases`. */
  readonly phase: number;
  readonly phases: number;
  readonly step: number;
  readonly count: number;
}

/** Computes outputs; each depends on its own taps alone, bit by bit, however many are asked for at once. */
export interface Convolver {
  /**
   * @param inputs - hold all taps of all outputs
   * @param outputs - the first `grid.count` are written
   */
  convolve(inputs: Float32Array, outputs: Float32Array, grid: OutputGrid): void;
}

/** The reference, to which faster ones are held. */
export const plainConvolver: Convolver = {
  convolve(inputs, outputs, { filter, phase: firstPhase, phases, step, count }) {
    let phase = firstPhase;
    let start = 0;
    for (let k = 0; k < count; k++) {
      outputs[k] = interpolate(filter, inputs, { start, place: (phase * filter.phases) / phases });
      phase += step;
      const advance = Math.floor(phase / phases);
      start += advance;
      phase -= advance * phases;
    }
  },
};

/** The output whose first tap is `inputs[start]`, `place` rows into the table. */
function interpolate({ rows, taps }: ResamplingFilter, inputs: Float32Array, { start, place }: { start: number; place: number }): number {
  const row = Math.floor(place);
  const value = dotProduct(rows, row * taps, taps, inputs, start);
  if (row === place) return value;
  return value + (place - row) * (dotProduct(rows, (row + 1) * taps, taps, inputs, start) - value);
}

/** Four sums, so that additions need not wait for each other; `taps` is a multiple of 4. Plain arguments: it runs once a sample. */
// eslint-disable-next-line max-params -- an options object would be one allocation a sample
function dotProduct(rows: Float32Array, rowStart: number, taps: number, inputs: Float32Array, start: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let tap = 0; tap < taps; tap += 4) {
    const weight = rowStart + tap;
    const input = start + tap;
    a += rows[weight]! * inputs[input]!;
    b += rows[weight + 1]! * inputs[input + 1]!;
    c += rows[weight + 2]! * inputs[input + 2]!;
    d += rows[weight + 3]! * inputs[input + 3]!;
  }
  return a + b + (c + d);
}

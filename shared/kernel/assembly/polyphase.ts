/** The polyphase filter of the resampler: each output a dot product of its own, summed in the same order wherever it lies in a run. */

import { madd } from './arithmetic';

/**
 * Outputs of a filter, see `shared/audio/convolver.ts`. Writes whole vectors: up to 7 outputs, and reads up to 64 inputs, beyond the last.
 *
 * @param rows - `[rowsPerSample + 1][taps]`, taps a multiple of 4
 */
export function polyphase(
  inputs: usize, rows: usize, taps: i32, rowsPerSample: i32,
  phase: i32, phases: i32, step: i32, out: usize, count: i32,
): void {
  if (phases == 1) decimate(inputs, rows, taps, step << 2, out, count);
  else if (phases == rowsPerSample) tabulated(inputs, rows, taps, phase, phases, step, out, count);
  else interpolated(inputs, rows, taps, rowsPerSample, phase, phases, step, out, count);
}

/** All outputs by the same row: eight at a time share its loads. */
function decimate(inputs: usize, row: usize, taps: i32, stepBytes: i32, out: usize, count: i32): void {
  for (let k = 0; k < count; k += 8) {
    let a = inputs;
    let b = inputs + 4 * stepBytes;
    let c0 = f32x4.splat(0);
    let c1 = c0;
    let c2 = c0;
    let c3 = c0;
    let c4 = c0;
    let c5 = c0;
    let c6 = c0;
    let c7 = c0;
    const end = row + (taps << 2);
    for (let w = row; w < end; w += 16) {
      const weights = v128.load(w);
      c0 = madd(c0, weights, v128.load(a));
      c1 = madd(c1, weights, v128.load(a + stepBytes));
      c2 = madd(c2, weights, v128.load(a + 2 * stepBytes));
      c3 = madd(c3, weights, v128.load(a + 3 * stepBytes));
      c4 = madd(c4, weights, v128.load(b));
      c5 = madd(c5, weights, v128.load(b + stepBytes));
      c6 = madd(c6, weights, v128.load(b + 2 * stepBytes));
      c7 = madd(c7, weights, v128.load(b + 3 * stepBytes));
      a += 16;
      b += 16;
    }
    v128.store(out, sums(c0, c1, c2, c3));
    v128.store(out, sums(c4, c5, c6, c7), 16);
    inputs += 8 * stepBytes;
    out += 32;
  }
}

/** A row for every phase. */
function tabulated(inputs: usize, rows: usize, taps: i32, phase: i32, phases: i32, step: i32, out: usize, count: i32): void {
  const rowBytes = taps << 2;
  for (let k = 0; k < count; k += 4) {
    const p1 = phase + step;
    const p2 = p1 + step;
    const p3 = p2 + step;
    const a1 = p1 / phases;
    const a2 = p2 / phases;
    const a3 = p3 / phases;
    v128.store(out, fourSums(
      inputs, inputs + (a1 << 2), inputs + (a2 << 2), inputs + (a3 << 2),
      rows + phase * rowBytes, rows + (p1 - a1 * phases) * rowBytes, rows + (p2 - a2 * phases) * rowBytes, rows + (p3 - a3 * phases) * rowBytes, rowBytes,
    ));
    phase = p3 + step;
    const advance = phase / phases;
    inputs += advance << 2;
    phase -= advance * phases;
    out += 16;
  }
}

/** Linear interpolation between the two rows around a phase. */
function interpolated(
  inputs: usize, rows: usize, taps: i32, rowsPerSample: i32,
  phase: i32, phases: i32, step: i32, out: usize, count: i32,
): void {
  const rowBytes = taps << 2;
  for (let k = 0; k < count; k += 4) {
    const p1 = phase + step;
    const p2 = p1 + step;
    const p3 = p2 + step;
    const a1 = p1 / phases;
    const a2 = p2 / phases;
    const a3 = p3 / phases;
    const b0 = phase * rowsPerSample;
    const b1 = (p1 - a1 * phases) * rowsPerSample;
    const b2 = (p2 - a2 * phases) * rowsPerSample;
    const b3 = (p3 - a3 * phases) * rowsPerSample;
    const i1 = inputs + (a1 << 2);
    const i2 = inputs + (a2 << 2);
    const i3 = inputs + (a3 << 2);
    const r0 = rows + (b0 / phases) * rowBytes;
    const r1 = rows + (b1 / phases) * rowBytes;
    const r2 = rows + (b2 / phases) * rowBytes;
    const r3 = rows + (b3 / phases) * rowBytes;
    const before = fourSums(inputs, i1, i2, i3, r0, r1, r2, r3, rowBytes);
    const after = fourSums(inputs, i1, i2, i3, r0 + rowBytes, r1 + rowBytes, r2 + rowBytes, r3 + rowBytes, rowBytes);
    let share = f32x4.splat(<f32>(b0 % phases) / <f32>phases);
    share = f32x4.replace_lane(share, 1, <f32>(b1 % phases) / <f32>phases);
    share = f32x4.replace_lane(share, 2, <f32>(b2 % phases) / <f32>phases);
    share = f32x4.replace_lane(share, 3, <f32>(b3 % phases) / <f32>phases);
    v128.store(out, madd(before, share, f32x4.sub(after, before)));
    phase = p3 + step;
    const advance = phase / phases;
    inputs += advance << 2;
    phase -= advance * phases;
    out += 16;
  }
}

/** Four dot products of inputs and rows. */
function fourSums(
  a0: usize, a1: usize, a2: usize, a3: usize,
  r0: usize, r1: usize, r2: usize, r3: usize, rowBytes: i32,
): v128 {
  let c0 = f32x4.splat(0);
  let c1 = c0;
  let c2 = c0;
  let c3 = c0;
  for (let offset = 0; offset < rowBytes; offset += 16) {
    c0 = madd(c0, v128.load(r0 + offset), v128.load(a0 + offset));
    c1 = madd(c1, v128.load(r1 + offset), v128.load(a1 + offset));
    c2 = madd(c2, v128.load(r2 + offset), v128.load(a2 + offset));
    c3 = madd(c3, v128.load(r3 + offset), v128.load(a3 + offset));
  }
  return sums(c0, c1, c2, c3);
}

/** The sum of each vector's lanes. */
@inline
function sums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab02 = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd02 = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab02, cd02, 0, 1, 4, 5), v128.shuffle<f32>(ab02, cd02, 2, 3, 6, 7));
}

/** What stands between the matrix products: normalisation, pooling, LSTM cells, attention, softmax. */

import { madd } from './arithmetic';
import { clamp4, exp2, exp4, LOG2_E, sum4 } from './elementary';

/** As in `shared/model/normalisation.ts`. */
const NORMALISED_LIMIT: f32 = 1e4;
const LARGEST_FINITE: f32 = f32.MAX_VALUE;
/** Beyond it a sigmoid or tanh is 0 or ±1 to 2e-9, and products of three exponentials still fit a float. */
const GATE_LIMIT: f32 = 20;
/** Below any score, yet finite: an attention that has seen nothing. */
const NO_SCORE: f32 = -1e30;
/** exp4's domain. */
const EXP_LIMIT: f32 = 87;

/** out = (frame − mean) · scale over `count` channels of `rows` rows, finite and within ±NORMALISED_LIMIT whatever comes in. */
export function normalise(frames: usize, rows: i32, count: i32, mean: usize, scale: usize, out: usize, outBytes: i32): void {
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < count; i++) {
      const value = load<f32>(frames + (i << 2));
      // NaN fails every comparison, so it counts as the mean too
      const normalised: f32 = abs(value) <= LARGEST_FINITE ? (value - load<f32>(mean + (i << 2))) * load<f32>(scale + (i << 2)) : 0;
      store<f32>(out + (i << 2), max(-NORMALISED_LIMIT, min(NORMALISED_LIMIT, normalised)));
    }
    frames += count << 2;
    out += outBytes;
  }
}

/** The largest of each `size` consecutive rows. */
export function maxPool(rows: usize, rowBytes: i32, size: i32, out: usize, outRows: i32): void {
  for (let row = 0; row < outRows; row++) {
    for (let offset = 0; offset < rowBytes; offset += 16) {
      let source = rows + offset;
      let largest = v128.load(source);
      for (let i = 1; i < size; i++) {
        source += rowBytes;
        largest = f32x4.pmax(largest, v128.load(source));
      }
      v128.store(out + offset, largest);
    }
    rows += size * rowBytes;
    out += rowBytes;
  }
}

/**
 * The cells of an LSTM, one step of `rows` sequences.
 *
 * With e_x = e^−x: c = c·σ(f) + σ(i)·tanh(g) = (c·(1+e_i)(1+e_2g) + (1−e_2g)(1+e_f)) / ((1+e_f)(1+e_i)(1+e_2g)), one division; and
 * h = σ(o)·tanh(c) = (1−e_2c) / ((1+e_o)(1+e_2c)), another. Two loops, because the second waits for the first one's division.
 *
 * @param gates - `[rows][input, forget, cell, output][units]`
 * @param cells - c and h lie `stateBytes` apart from row to row
 */
export function lstmCells(gates: usize, units: i32, rows: i32, cells: usize, hidden: usize, stateBytes: i32): void {
  const one = f32x4.splat(1);
  const unitBytes = units << 2;
  for (let row = 0; row < rows; row++) {
    const forget = gates + unitBytes;
    const candidate = forget + unitBytes;
    const output = candidate + unitBytes;
    for (let offset = 0; offset < unitBytes; offset += 16) {
      const i1 = f32x4.add(one, gatePower(v128.load(gates + offset), 1));
      const f1 = f32x4.add(one, gatePower(v128.load(forget + offset), 1));
      const g = gatePower(v128.load(candidate + offset), 2);
      const ig = f32x4.mul(i1, f32x4.add(one, g));
      const sum = madd(f32x4.mul(v128.load(cells + offset), ig), f32x4.sub(one, g), f1);
      v128.store(cells + offset, f32x4.div(sum, f32x4.mul(f1, ig)));
    }
    for (let offset = 0; offset < unitBytes; offset += 16) {
      const o1 = f32x4.add(one, gatePower(v128.load(output + offset), 1));
      const c = gatePower(v128.load(cells + offset), 2);
      v128.store(hidden + offset, f32x4.div(f32x4.sub(one, c), f32x4.mul(o1, f32x4.add(one, c))));
    }
    gates += 4 * unitBytes;
    cells += stateBytes;
    hidden += stateBytes;
  }
}

/** e^(−factor · gate), the exponent limited to ±GATE_LIMIT. */
@inline
function gatePower(gate: v128, factor: f32): v128 {
  return exp2(clamp4(f32x4.mul(gate, f32x4.splat(-factor * LOG2_E)), GATE_LIMIT * LOG2_E));
}

/**
 * Takes one step into the attention of each of `rows` windows: softmax over steps, kept as a running maximum and sums relative to it
 * (Milakov and Gimelshein 2018), so that the result is that of the whole window at once.
 *
 * @param steps - `[rows][channels]`; `stepBytes` 0 shows the same step to all
 * @param sums - `[rows]` of `[channels]` weighted sums, then the maximum, then the sum of weights; `sumBytes` apart
 * @param fresh - how many rows, from the last, see their first step
 */
export function attend(steps: usize, stepBytes: i32, channels: i32, rows: i32, query: usize, sums: usize, sumBytes: i32, fresh: i32): void {
  const channelBytes = channels << 2;
  for (let row = 0; row < rows; row++) {
    let product = f32x4.splat(0);
    for (let offset = 0; offset < channelBytes; offset += 16) {
      product = madd(product, v128.load(steps + offset), v128.load(query + offset));
    }
    const score = sum4(product);
    const isFresh = row >= rows - fresh;
    const before: f32 = isFresh ? NO_SCORE : load<f32>(sums + channelBytes);
    const weights: f32 = isFresh ? 0 : load<f32>(sums + channelBytes + 4);
    const largest = max(before, score);
    const fade: f32 = isFresh ? 0 : exponential(before - largest);
    const weight = exponential(score - largest);
    for (let offset = 0; offset < channelBytes; offset += 16) {
      const old = isFresh ? f32x4.splat(0) : f32x4.mul(v128.load(sums + offset), f32x4.splat(fade));
      v128.store(sums + offset, madd(old, v128.load(steps + offset), f32x4.splat(weight)));
    }
    store<f32>(sums + channelBytes, largest);
    store<f32>(sums + channelBytes + 4, weights * fade + weight);
    steps += stepBytes;
    sums += sumBytes;
  }
}

/** out = the weighted mean that an attention has come to. */
export function attended(sums: usize, channels: i32, out: usize): void {
  const channelBytes = channels << 2;
  const share = f32x4.splat(1 / load<f32>(sums + channelBytes + 4));
  for (let offset = 0; offset < channelBytes; offset += 16) v128.store(out + offset, f32x4.mul(v128.load(sums + offset), share));
}

/** Turns `count` logits into posteriors, in place. */
export function softmax(values: usize, count: i32): void {
  let largest = load<f32>(values);
  for (let i = 1; i < count; i++) largest = max(largest, load<f32>(values + (i << 2)));
  let total: f32 = 0;
  for (let i = 0; i < count; i++) {
    const power = exponential(load<f32>(values + (i << 2)) - largest);
    store<f32>(values + (i << 2), power);
    total += power;
  }
  for (let i = 0; i < count; i++) store<f32>(values + (i << 2), load<f32>(values + (i << 2)) / total);
}

@inline
function exponential(x: f32): f32 {
  return f32x4.extract_lane(exp4(f32x4.splat(max(x, -EXP_LIMIT))), 0);
}

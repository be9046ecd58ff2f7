/** The one matrix product that everything heavy is: convolutions, projections, recurrences and the dense layer. */

import { madd } from './arithmetic';

/** Columns of a panel: two vectors of four floats. Weights are packed `[panel][inner][8]`, so that each panel is read front to back. */
const PANEL_COLUMNS: i32 = 8;

@inline
function put(out: usize, value: v128, relu: i32): void {
  v128.store(out, relu ? f32x4.pmax(value, f32x4.splat(0)) : value);
}

/** Rows packed at a time: with a panel of weights they fit the first-level cache. */
const PACKED_BYTES: i32 = 32768;
/** The longest inner length at a time, so that at least eight rows can be packed. */
const MAX_INNER: i32 = 1024;
/** A packed row is written by whole vectors. */
const OVERRUN_BYTES: i32 = 64;
const packedRows: usize = memory.data(PACKED_BYTES + OVERRUN_BYTES, 64);

/**
 * out[r][c] = start[r][c] + Σ_k rows[r][k] · weights[k][c], then ReLU if asked.
 *
 * Blocks of 4 or 5 rows × 8 columns are held in registers: 16 vector registers leave room for no more. Their rows are packed
 * `[inner][rows]` before, so that one pointer walks through them. These loops are not unrolled: V8 then schedules them better (23 against
 * 15 G multiply-adds/s on an EPYC, Node 20); those over one row are, by two.
 *
 * @param rows - up to 8 bytes beyond the last row are read
 * @param start - what the sums start from: a bias (`startBytes` 0), or `out` itself to accumulate
 * @param inner - the inner length, even
 * @param panels - columns / 8
 */
export function matrixProduct(
  rows: usize, rowBytes: i32, rowCount: i32, inner: i32,
  weights: usize, panels: i32,
  start: usize, startBytes: i32,
  out: usize, outBytes: i32, relu: i32,
): void {
  if (rowCount == 1) {
    singleRow(rows, inner, weights, panels, start, out, relu);
    return;
  }
  if (rowCount == 2) {
    rowPair(rows, rowBytes, inner, weights, panels, start, startBytes, out, outBytes, relu);
    return;
  }
  const panelBytes = inner * PANEL_COLUMNS * 4;
  for (let k = 0; k < inner; k += MAX_INNER) {
    const length = min(MAX_INNER, inner - k);
    const isLast = k + length == inner;
    const a = rows + (k << 2);
    const w = weights + k * PANEL_COLUMNS * 4;
    if (k == 0) manyRows(a, rowBytes, rowCount, length, w, panelBytes, panels, start, startBytes, out, outBytes, isLast ? relu : 0);
    else manyRows(a, rowBytes, rowCount, length, w, panelBytes, panels, out, outBytes, out, outBytes, isLast ? relu : 0);
  }
}

/** Rows by groups that fit `packedRows`. */
function manyRows(
  rows: usize, rowBytes: i32, rowCount: i32, inner: i32,
  weights: usize, panelBytes: i32, panels: i32,
  start: usize, startBytes: i32,
  out: usize, outBytes: i32, relu: i32,
): void {
  const groupRows = (PACKED_BYTES / (inner << 2)) & ~3;
  for (let row = 0; row < rowCount; row += groupRows) {
    const count = min(groupRows, rowCount - row);
    packRows(rows + row * rowBytes, rowBytes, count, inner);
    for (let panel = 0; panel < panels; panel++) {
      const offset = panel * PANEL_COLUMNS * 4;
      const s = start + row * startBytes + offset;
      panelOfRows(rows + row * rowBytes, rowBytes, count, inner, weights + panel * panelBytes, s, startBytes, out + row * outBytes + offset, outBytes, relu);
    }
  }
}

/** The next block's rows when `left` are: as many as leave no block of few. */
@inline
function blockRows(left: i32): i32 {
  return left == 5 || left == 9 || left == 10 ? 5 : min(left, 4);
}

function packRows(a: usize, rowBytes: i32, left: i32, inner: i32): void {
  let packed = packedRows;
  while (left >= 4) {
    const block = blockRows(left);
    if (block == 5) pack5(a, rowBytes, inner, packed);
    else pack4(a, rowBytes, inner, packed);
    packed += (block * inner) << 2;
    a += block * rowBytes;
    left -= block;
  }
}

/** All rows × 1 panel. */
function panelOfRows(
  a: usize, rowBytes: i32, left: i32, inner: i32, weights: usize,
  start: usize, startBytes: i32, out: usize, outBytes: i32, relu: i32,
): void {
  let packed = packedRows;
  while (left > 0) {
    const block = blockRows(left);
    if (block == 5) rows5(packed, inner, weights, start, startBytes, out, outBytes, relu);
    else if (block == 4) rows4(packed, inner, weights, start, startBytes, out, outBytes, relu);
    else if (block == 3) rows3(a, rowBytes, inner, weights, start, startBytes, out, outBytes, relu);
    else if (block == 2) rows2(a, rowBytes, inner, weights, start, startBytes, out, outBytes, relu);
    else rows1(a, inner, weights, start, out, relu);
    packed += (block * inner) << 2;
    a += block * rowBytes;
    start += block * startBytes;
    out += block * outBytes;
    left -= block;
  }
}

/** Four rows as `[inner][4]`. */
function pack4(a: usize, rowBytes: i32, inner: i32, packed: usize): void {
  const end = a + (inner << 2);
  for (; a < end; a += 16) {
    transpose4(a, rowBytes, packed, 16);
    packed += 64;
  }
}

/** Five rows as `[inner][5]`. */
function pack5(a: usize, rowBytes: i32, inner: i32, packed: usize): void {
  const end = a + (inner << 2);
  for (; a < end; a += 16) {
    transpose4(a, rowBytes, packed, 20);
    const fifth = v128.load(a + 4 * rowBytes);
    v128.store_lane<f32>(packed, fifth, 0, 16);
    v128.store_lane<f32>(packed, fifth, 1, 36);
    v128.store_lane<f32>(packed, fifth, 2, 56);
    v128.store_lane<f32>(packed, fifth, 3, 76);
    packed += 80;
  }
}

/** Four columns of four rows, each column as a vector `stepBytes` after the one before. */
@inline
function transpose4(a: usize, rowBytes: i32, out: usize, stepBytes: i32): void {
  const r0 = v128.load(a);
  const r1 = v128.load(a + rowBytes);
  const r2 = v128.load(a + 2 * rowBytes);
  const r3 = v128.load(a + 3 * rowBytes);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
  v128.store(out + stepBytes, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
  v128.store(out + 2 * stepBytes, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
  v128.store(out + 3 * stepBytes, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
}

/** 2 rows × 1 panel. */
function rows2(a: usize, rowBytes: i32, inner: i32, weights: usize, start: usize, startBytes: i32, out: usize, outBytes: i32, relu: i32): void {
  let a0 = a;
  let a1 = a0 + rowBytes;
  let b0 = weights;
  let c00 = v128.load(start);
  let c01 = v128.load(start, 16);
  let c10 = v128.load(start + startBytes);
  let c11 = v128.load(start + startBytes, 16);
  const end = b0 + inner * 32;
  do {
    const w00 = v128.load(b0);
    const w01 = v128.load(b0, 16);
    const x00 = v128.load32_splat(a0);
    c00 = madd(c00, w00, x00);
    c01 = madd(c01, w01, x00);
    const x01 = v128.load32_splat(a1);
    c10 = madd(c10, w00, x01);
    c11 = madd(c11, w01, x01);
    a0 += 4;
    a1 += 4;
    b0 += 32;
  } while (b0 != end);
  put(out, c00, relu);
  put(out + 16, c01, relu);
  put(out + outBytes, c10, relu);
  put(out + outBytes + 16, c11, relu);
}

/** 3 rows × 1 panel. */
function rows3(a: usize, rowBytes: i32, inner: i32, weights: usize, start: usize, startBytes: i32, out: usize, outBytes: i32, relu: i32): void {
  let a0 = a;
  let a1 = a0 + rowBytes;
  let a2 = a1 + rowBytes;
  let b0 = weights;
  let c00 = v128.load(start);
  let c01 = v128.load(start, 16);
  let c10 = v128.load(start + startBytes);
  let c11 = v128.load(start + startBytes, 16);
  let c20 = v128.load(start + 2 * startBytes);
  let c21 = v128.load(start + 2 * startBytes, 16);
  const end = b0 + inner * 32;
  do {
    const w00 = v128.load(b0);
    const w01 = v128.load(b0, 16);
    const x00 = v128.load32_splat(a0);
    c00 = madd(c00, w00, x00);
    c01 = madd(c01, w01, x00);
    const x01 = v128.load32_splat(a1);
    c10 = madd(c10, w00, x01);
    c11 = madd(c11, w01, x01);
    const x02 = v128.load32_splat(a2);
    c20 = madd(c20, w00, x02);
    c21 = madd(c21, w01, x02);
    a0 += 4;
    a1 += 4;
    a2 += 4;
    b0 += 32;
  } while (b0 != end);
  put(out, c00, relu);
  put(out + 16, c01, relu);
  put(out + outBytes, c10, relu);
  put(out + outBytes + 16, c11, relu);
  put(out + 2 * outBytes, c20, relu);
  put(out + 2 * outBytes + 16, c21, relu);
}

/** 4 packed rows × 1 panel. */
function rows4(packed: usize, inner: i32, weights: usize, start: usize, startBytes: i32, out: usize, outBytes: i32, relu: i32): void {
  let a = packed;
  let b = weights;
  let c00 = v128.load(start);
  let c01 = v128.load(start, 16);
  let c10 = v128.load(start + startBytes);
  let c11 = v128.load(start + startBytes, 16);
  let c20 = v128.load(start + 2 * startBytes);
  let c21 = v128.load(start + 2 * startBytes, 16);
  let c30 = v128.load(start + 3 * startBytes);
  let c31 = v128.load(start + 3 * startBytes, 16);
  const end = b + inner * 32;
  do {
    const w0 = v128.load(b);
    const w1 = v128.load(b, 16);
    const x0 = v128.load32_splat(a);
    c00 = madd(c00, w0, x0);
    c01 = madd(c01, w1, x0);
    const x1 = v128.load32_splat(a, 4);
    c10 = madd(c10, w0, x1);
    c11 = madd(c11, w1, x1);
    const x2 = v128.load32_splat(a, 8);
    c20 = madd(c20, w0, x2);
    c21 = madd(c21, w1, x2);
    const x3 = v128.load32_splat(a, 12);
    c30 = madd(c30, w0, x3);
    c31 = madd(c31, w1, x3);
    a += 16;
    b += 32;
  } while (b != end);
  put(out, c00, relu);
  put(out + 16, c01, relu);
  put(out + outBytes, c10, relu);
  put(out + outBytes + 16, c11, relu);
  put(out + 2 * outBytes, c20, relu);
  put(out + 2 * outBytes + 16, c21, relu);
  put(out + 3 * outBytes, c30, relu);
  put(out + 3 * outBytes + 16, c31, relu);
}

/** 5 packed rows × 1 panel. */
function rows5(packed: usize, inner: i32, weights: usize, start: usize, startBytes: i32, out: usize, outBytes: i32, relu: i32): void {
  let a = packed;
  let b = weights;
  let c00 = v128.load(start);
  let c01 = v128.load(start, 16);
  let c10 = v128.load(start + startBytes);
  let c11 = v128.load(start + startBytes, 16);
  let c20 = v128.load(start + 2 * startBytes);
  let c21 = v128.load(start + 2 * startBytes, 16);
  let c30 = v128.load(start + 3 * startBytes);
  let c31 = v128.load(start + 3 * startBytes, 16);
  let c40 = v128.load(start + 4 * startBytes);
  let c41 = v128.load(start + 4 * startBytes, 16);
  const end = b + inner * 32;
  do {
    const w0 = v128.load(b);
    const w1 = v128.load(b, 16);
    const x0 = v128.load32_splat(a);
    c00 = madd(c00, w0, x0);
    c01 = madd(c01, w1, x0);
    const x1 = v128.load32_splat(a, 4);
    c10 = madd(c10, w0, x1);
    c11 = madd(c11, w1, x1);
    const x2 = v128.load32_splat(a, 8);
    c20 = madd(c20, w0, x2);
    c21 = madd(c21, w1, x2);
    const x3 = v128.load32_splat(a, 12);
    c30 = madd(c30, w0, x3);
    c31 = madd(c31, w1, x3);
    const x4 = v128.load32_splat(a, 16);
    c40 = madd(c40, w0, x4);
    c41 = madd(c41, w1, x4);
    a += 20;
    b += 32;
  } while (b != end);
  put(out, c00, relu);
  put(out + 16, c01, relu);
  put(out + outBytes, c10, relu);
  put(out + outBytes + 16, c11, relu);
  put(out + 2 * outBytes, c20, relu);
  put(out + 2 * outBytes + 16, c21, relu);
  put(out + 3 * outBytes, c30, relu);
  put(out + 3 * outBytes + 16, c31, relu);
  put(out + 4 * outBytes, c40, relu);
  put(out + 4 * outBytes + 16, c41, relu);
}

/** 1 row × 1 panel. */
function rows1(a: usize, inner: i32, weights: usize, start: usize, out: usize, relu: i32): void {
  let a0 = a;
  let b0 = weights;
  let c00 = v128.load(start);
  let c01 = v128.load(start, 16);
  const end = b0 + inner * 32;
  do {
    const w00 = v128.load(b0);
    const w01 = v128.load(b0, 16);
    const x00 = v128.load32_splat(a0);
    c00 = madd(c00, w00, x00);
    c01 = madd(c01, w01, x00);
    const w10 = v128.load(b0, 32);
    const w11 = v128.load(b0, 48);
    const x10 = v128.load32_splat(a0, 4);
    c00 = madd(c00, w10, x10);
    c01 = madd(c01, w11, x10);
    a0 += 8;
    b0 += 64;
  } while (b0 != end);
  put(out, c00, relu);
  put(out + 16, c01, relu);
}

/** 1 row × 4 panels: as many sums as hide the latency of an addition. */
function rows1x4(a: usize, inner: i32, weights: usize, panelBytes: i32, start: usize, out: usize, relu: i32): void {
  let a0 = a;
  let b0 = weights;
  let b1 = b0 + panelBytes;
  let b2 = b1 + panelBytes;
  let b3 = b2 + panelBytes;
  let c00 = v128.load(start);
  let c01 = v128.load(start, 16);
  let c02 = v128.load(start, 32);
  let c03 = v128.load(start, 48);
  let c04 = v128.load(start, 64);
  let c05 = v128.load(start, 80);
  let c06 = v128.load(start, 96);
  let c07 = v128.load(start, 112);
  const end = b0 + inner * 32;
  do {
    const w00 = v128.load(b0);
    const w01 = v128.load(b0, 16);
    const w02 = v128.load(b1);
    const w03 = v128.load(b1, 16);
    const w04 = v128.load(b2);
    const w05 = v128.load(b2, 16);
    const w06 = v128.load(b3);
    const w07 = v128.load(b3, 16);
    const x00 = v128.load32_splat(a0);
    c00 = madd(c00, w00, x00);
    c01 = madd(c01, w01, x00);
    c02 = madd(c02, w02, x00);
    c03 = madd(c03, w03, x00);
    c04 = madd(c04, w04, x00);
    c05 = madd(c05, w05, x00);
    c06 = madd(c06, w06, x00);
    c07 = madd(c07, w07, x00);
    const w10 = v128.load(b0, 32);
    const w11 = v128.load(b0, 48);
    const w12 = v128.load(b1, 32);
    const w13 = v128.load(b1, 48);
    const w14 = v128.load(b2, 32);
    const w15 = v128.load(b2, 48);
    const w16 = v128.load(b3, 32);
    const w17 = v128.load(b3, 48);
    const x10 = v128.load32_splat(a0, 4);
    c00 = madd(c00, w10, x10);
    c01 = madd(c01, w11, x10);
    c02 = madd(c02, w12, x10);
    c03 = madd(c03, w13, x10);
    c04 = madd(c04, w14, x10);
    c05 = madd(c05, w15, x10);
    c06 = madd(c06, w16, x10);
    c07 = madd(c07, w17, x10);
    a0 += 8;
    b0 += 64;
    b1 += 64;
    b2 += 64;
    b3 += 64;
  } while (b0 != end);
  put(out, c00, relu);
  put(out + 16, c01, relu);
  put(out + 32, c02, relu);
  put(out + 48, c03, relu);
  put(out + 64, c04, relu);
  put(out + 80, c05, relu);
  put(out + 96, c06, relu);
  put(out + 112, c07, relu);
}

/** 2 rows × 2 panels. */
function rows2x2(a: usize, rowBytes: i32, inner: i32, weights: usize, panelBytes: i32, start: usize, startBytes: i32, out: usize, outBytes: i32, relu: i32): void {
  let a0 = a;
  let a1 = a0 + rowBytes;
  let b0 = weights;
  let b1 = b0 + panelBytes;
  let c00 = v128.load(start);
  let c01 = v128.load(start, 16);
  let c02 = v128.load(start, 32);
  let c03 = v128.load(start, 48);
  let c10 = v128.load(start + startBytes);
  let c11 = v128.load(start + startBytes, 16);
  let c12 = v128.load(start + startBytes, 32);
  let c13 = v128.load(start + startBytes, 48);
  const end = b0 + inner * 32;
  do {
    const w00 = v128.load(b0);
    const w01 = v128.load(b0, 16);
    const w02 = v128.load(b1);
    const w03 = v128.load(b1, 16);
    const x00 = v128.load32_splat(a0);
    c00 = madd(c00, w00, x00);
    c01 = madd(c01, w01, x00);
    c02 = madd(c02, w02, x00);
    c03 = madd(c03, w03, x00);
    const x01 = v128.load32_splat(a1);
    c10 = madd(c10, w00, x01);
    c11 = madd(c11, w01, x01);
    c12 = madd(c12, w02, x01);
    c13 = madd(c13, w03, x01);
    a0 += 4;
    a1 += 4;
    b0 += 32;
    b1 += 32;
  } while (b0 != end);
  put(out, c00, relu);
  put(out + 16, c01, relu);
  put(out + 32, c02, relu);
  put(out + 48, c03, relu);
  put(out + outBytes, c10, relu);
  put(out + outBytes + 16, c11, relu);
  put(out + outBytes + 32, c12, relu);
  put(out + outBytes + 48, c13, relu);
}

function singleRow(a: usize, inner: i32, weights: usize, panels: i32, start: usize, out: usize, relu: i32): void {
  const panelBytes = inner * PANEL_COLUMNS * 4;
  let panel = 0;
  for (; panel + 4 <= panels; panel += 4) rows1x4(a, inner, weights + panel * panelBytes, panelBytes, start + panel * 32, out + panel * 32, relu);
  for (; panel < panels; panel++) rows1(a, inner, weights + panel * panelBytes, start + panel * 32, out + panel * 32, relu);
}

function rowPair(a: usize, rowBytes: i32, inner: i32, weights: usize, panels: i32, start: usize, startBytes: i32, out: usize, outBytes: i32, relu: i32): void {
  const panelBytes = inner * PANEL_COLUMNS * 4;
  let panel = 0;
  for (; panel + 2 <= panels; panel += 2) {
    rows2x2(a, rowBytes, inner, weights + panel * panelBytes, panelBytes, start + panel * 32, startBytes, out + panel * 32, outBytes, relu);
  }
  if (panel < panels) rows2(a, rowBytes, inner, weights + panel * panelBytes, start + panel * 32, startBytes, out + panel * 32, outBytes, relu);
}

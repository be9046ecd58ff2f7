/** The one matrix product that everything heavy is: convolutions, projections, recurrences and the dense layer. */

import { madd } from './arithmetic';

/** Columns of a panel: two vectors of four floats. Weights are packed `[panel][inner][8]`, so that each panel is read front to back. */
const PANEL_COLUMNS: i32 = 8;

@inline
function put(out: usize, value: v128, relu: i32): void {
  v128.store(out, relu ? f32x4.pmax(value, f32x4.splat(0)) : value);
}

/**
 * out[r][c] = start[r][c] + Σ_k rows[r][k] · weights[k][c], then ReLU if asked.
 *
 * Blocks of 4 or 5 rows × 8 columns are held in registers: 16 vector registers leave room for no more. The loops over several rows are
 * not unrolled: V8 then schedules them better (20 against 17 G multiply-adds/s on an EPYC, Node 20); those over one row are, by two.
 *
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
  const panelBytes = inner * PANEL_COLUMNS * 4;
  if (rowCount == 1) {
    singleRow(rows, inner, weights, panels, start, out, relu);
    return;
  }
  if (rowCount == 2) {
    rowPair(rows, rowBytes, inner, weights, panels, start, startBytes, out, outBytes, relu);
    return;
  }
  for (let panel = 0; panel < panels; panel++) {
    let left = rowCount;
    let a = rows;
    let s = start;
    let o = out;
    while (left > 0) {
      let block: i32;
      if (left == 5 || left == 9 || left == 10) {
        block = 5;
        rows5(a, rowBytes, inner, weights, s, startBytes, o, outBytes, relu);
      } else if (left >= 4) {
        block = 4;
        rows4(a, rowBytes, inner, weights, s, startBytes, o, outBytes, relu);
      } else if (left == 3) {
        block = 3;
        rows3(a, rowBytes, inner, weights, s, startBytes, o, outBytes, relu);
      } else if (left == 2) {
        block = 2;
        rows2(a, rowBytes, inner, weights, s, startBytes, o, outBytes, relu);
      } else {
        block = 1;
        rows1(a, inner, weights, s, o, relu);
      }
      left -= block;
      a += block * rowBytes;
      s += block * startBytes;
      o += block * outBytes;
    }
    weights += panelBytes;
    start += PANEL_COLUMNS * 4;
    out += PANEL_COLUMNS * 4;
  }
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

/** 4 rows × 1 panel. */
function rows4(a: usize, rowBytes: i32, inner: i32, weights: usize, start: usize, startBytes: i32, out: usize, outBytes: i32, relu: i32): void {
  let a0 = a;
  let a1 = a0 + rowBytes;
  let a2 = a1 + rowBytes;
  let a3 = a2 + rowBytes;
  let b0 = weights;
  let c00 = v128.load(start);
  let c01 = v128.load(start, 16);
  let c10 = v128.load(start + startBytes);
  let c11 = v128.load(start + startBytes, 16);
  let c20 = v128.load(start + 2 * startBytes);
  let c21 = v128.load(start + 2 * startBytes, 16);
  let c30 = v128.load(start + 3 * startBytes);
  let c31 = v128.load(start + 3 * startBytes, 16);
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
    const x03 = v128.load32_splat(a3);
    c30 = madd(c30, w00, x03);
    c31 = madd(c31, w01, x03);
    a0 += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    b0 += 32;
  } while (b0 != end);
  put(out, c00, relu);
  put(out + 16, c01, relu);
  put(out + outBytes, c10, relu);
  put(out + outBytes + 16, c11, relu);
  put(out + 2 * outBytes, c20, relu);
  put(out + 2 * outBytes + 16, c21, relu);
  put(out + 3 * outBytes, c30, relu);
  put(out + 3 * outBytes + 16, c31, relu);
}

/** 5 rows × 1 panel. */
function rows5(a: usize, rowBytes: i32, inner: i32, weights: usize, start: usize, startBytes: i32, out: usize, outBytes: i32, relu: i32): void {
  let a0 = a;
  let a1 = a0 + rowBytes;
  let a2 = a1 + rowBytes;
  let a3 = a2 + rowBytes;
  let a4 = a3 + rowBytes;
  let b0 = weights;
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
    const x03 = v128.load32_splat(a3);
    c30 = madd(c30, w00, x03);
    c31 = madd(c31, w01, x03);
    const x04 = v128.load32_splat(a4);
    c40 = madd(c40, w00, x04);
    c41 = madd(c41, w01, x04);
    a0 += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    a4 += 4;
    b0 += 32;
  } while (b0 != end);
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

/** A complex FFT of 256 points of four signals at once, one a lane: Stockham's radix-4, in natural order on both sides. */

import { madd, nmadd } from './arithmetic';

const POINT_BYTES: i32 = 32; // four real parts, four imaginary parts
const POINTS: i32 = 256;

/**
 * Transforms `points` in place.
 *
 * @param points - `[256]` of real vector, imaginary vector
 * @param spare - as large as `points`
 * @param twiddles - for n = 256, 64, 16 and p < n / 4: cos, sin of −2πp/n, −4πp/n, −6πp/n
 */
export function forwardFft(points: usize, spare: usize, twiddles: usize): void {
  pass(points, spare, 64, 1, twiddles);
  pass(spare, points, 16, 4, twiddles + 64 * 24);
  pass(points, spare, 4, 16, twiddles + 80 * 24);
  lastPass(spare, points);
}

/** One pass: `count` groups of butterflies, `stride` in each (Stockham's autosort, decimation in frequency). */
function pass(source: usize, target: usize, count: i32, stride: i32, twiddles: usize): void {
  const quarter = (POINTS / 4) * POINT_BYTES;
  const strideBytes = stride * POINT_BYTES;
  for (let p = 0; p < count; p++) {
    const w1r = v128.load32_splat(twiddles);
    const w1i = v128.load32_splat(twiddles, 4);
    const w2r = v128.load32_splat(twiddles, 8);
    const w2i = v128.load32_splat(twiddles, 12);
    const w3r = v128.load32_splat(twiddles, 16);
    const w3i = v128.load32_splat(twiddles, 20);
    twiddles += 24;
    const end = source + strideBytes;
    for (; source < end; source += POINT_BYTES) {
      const ar = v128.load(source);
      const ai = v128.load(source, 16);
      const br = v128.load(source + quarter);
      const bi = v128.load(source + quarter, 16);
      const cr = v128.load(source + 2 * quarter);
      const ci = v128.load(source + 2 * quarter, 16);
      const dr = v128.load(source + 3 * quarter);
      const di = v128.load(source + 3 * quarter, 16);
      const acr = f32x4.add(ar, cr);
      const aci = f32x4.add(ai, ci);
      const bdr = f32x4.add(br, dr);
      const bdi = f32x4.add(bi, di);
      v128.store(target, f32x4.add(acr, bdr));
      v128.store(target, f32x4.add(aci, bdi), 16);
      const y2r = f32x4.sub(acr, bdr);
      const y2i = f32x4.sub(aci, bdi);
      const second = target + 2 * strideBytes;
      v128.store(second, nmadd(f32x4.mul(y2r, w2r), y2i, w2i));
      v128.store(second, madd(f32x4.mul(y2r, w2i), y2i, w2r), 16);
      const amr = f32x4.sub(ar, cr);
      const ami = f32x4.sub(ai, ci);
      const bmr = f32x4.sub(br, dr);
      const bmi = f32x4.sub(bi, di);
      const y1r = f32x4.add(amr, bmi);
      const y1i = f32x4.sub(ami, bmr);
      const first = target + strideBytes;
      v128.store(first, nmadd(f32x4.mul(y1r, w1r), y1i, w1i));
      v128.store(first, madd(f32x4.mul(y1r, w1i), y1i, w1r), 16);
      const y3r = f32x4.sub(amr, bmi);
      const y3i = f32x4.add(ami, bmr);
      const third = target + 3 * strideBytes;
      v128.store(third, nmadd(f32x4.mul(y3r, w3r), y3i, w3i));
      v128.store(third, madd(f32x4.mul(y3r, w3i), y3i, w3r), 16);
      target += POINT_BYTES;
    }
    target += 3 * strideBytes;
  }
}

/** The last pass, whose twiddles are all 1. */
function lastPass(source: usize, target: usize): void {
  const quarter = (POINTS / 4) * POINT_BYTES;
  const end = source + quarter;
  for (; source < end; source += POINT_BYTES) {
    const ar = v128.load(source);
    const ai = v128.load(source, 16);
    const br = v128.load(source + quarter);
    const bi = v128.load(source + quarter, 16);
    const cr = v128.load(source + 2 * quarter);
    const ci = v128.load(source + 2 * quarter, 16);
    const dr = v128.load(source + 3 * quarter);
    const di = v128.load(source + 3 * quarter, 16);
    const acr = f32x4.add(ar, cr);
    const aci = f32x4.add(ai, ci);
    const bdr = f32x4.add(br, dr);
    const bdi = f32x4.add(bi, di);
    const amr = f32x4.sub(ar, cr);
    const ami = f32x4.sub(ai, ci);
    const bmr = f32x4.sub(br, dr);
    const bmi = f32x4.sub(bi, di);
    v128.store(target, f32x4.add(acr, bdr));
    v128.store(target, f32x4.add(aci, bdi), 16);
    v128.store(target + quarter, f32x4.add(amr, bmi));
    v128.store(target + quarter, f32x4.sub(ami, bmr), 16);
    v128.store(target + 2 * quarter, f32x4.sub(acr, bdr));
    v128.store(target + 2 * quarter, f32x4.sub(aci, bdi), 16);
    v128.store(target + 3 * quarter, f32x4.sub(amr, bmi));
    v128.store(target + 3 * quarter, f32x4.add(ami, bmr), 16);
    target += POINT_BYTES;
  }
}

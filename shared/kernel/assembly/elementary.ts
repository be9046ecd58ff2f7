/** exp and ln of four floats at once, to about 2e-7. */

import { madd } from './arithmetic';

export const LOG2_E: f32 = 1.4426950408889634;
/** Adding and subtracting it rounds to an integer, which then stands in the lowest bits. */
const ROUNDER: f32 = 12582912.0; // 1.5 · 2^23
/** Bits of √½; subtracting them splits a float into an exponent and a mantissa in [√½, √2). */
const SQRT_HALF_BITS: i32 = 0x3f3504f3;
const LN_2: f32 = 0.6931471805599453;
/** 2^f for |f| ≤ ½, by the power of f; fitted by reweighted least squares. */
const C0: f32 = 1.000000071654672;
const C1: f32 = 0.6931469670643441;
const C2: f32 = 0.24022119723882482;
const C3: f32 = 0.05550713274177151;
const C4: f32 = 0.009675541332746628;
const C5: f32 = 0.001327647177312167;

/** e^x for x in [-87, 87]. */
@inline
export function exp4(x: v128): v128 {
  return exp2(f32x4.mul(x, f32x4.splat(LOG2_E)));
}

/** 2^x for x in [-126, 126]: 2^n · 2^f with |f| ≤ ½, the latter by the minimax polynomial of degree 5 (relative error 7e-8). */
@inline
export function exp2(x: v128): v128 {
  const shifted = f32x4.add(x, f32x4.splat(ROUNDER));
  const f = f32x4.sub(x, f32x4.sub(shifted, f32x4.splat(ROUNDER)));
  let p = f32x4.splat(C5);
  p = madd(f32x4.splat(C4), p, f);
  p = madd(f32x4.splat(C3), p, f);
  p = madd(f32x4.splat(C2), p, f);
  p = madd(f32x4.splat(C1), p, f);
  p = madd(f32x4.splat(C0), p, f);
  return i32x4.add(p, i32x4.shl(shifted, 23));
}

/** ln x for x > 0: exponent · ln 2 + 2·artanh((m − 1) / (m + 1)), the latter by its series to the 7th power. */
@inline
export function ln4(x: v128): v128 {
  const offset = i32x4.sub(x, i32x4.splat(SQRT_HALF_BITS));
  const exponent = f32x4.convert_i32x4_s(i32x4.shr_s(offset, 23));
  const mantissa = i32x4.add(v128.and(offset, i32x4.splat(0x7fffff)), i32x4.splat(SQRT_HALF_BITS));
  const one = f32x4.splat(1);
  const s = f32x4.div(f32x4.sub(mantissa, one), f32x4.add(mantissa, one));
  const z = f32x4.mul(s, s);
  let p = f32x4.splat(2.0 / 7.0);
  p = madd(f32x4.splat(2.0 / 5.0), p, z);
  p = madd(f32x4.splat(2.0 / 3.0), p, z);
  p = madd(f32x4.splat(2), p, z);
  return madd(f32x4.mul(p, s), exponent, f32x4.splat(LN_2));
}

/** x limited to ±limit; x must not be NaN. */
@inline
export function clamp4(x: v128, limit: f32): v128 {
  return f32x4.pmin(f32x4.pmax(x, f32x4.splat(-limit)), f32x4.splat(limit));
}

/** The sum of the four lanes. */
@inline
export function sum4(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}

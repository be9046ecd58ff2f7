/** MFCC of four frames at once, one a lane: no shuffles but for the transposition on the way in and out. */

import { madd, nmadd } from './arithmetic';
import { ln4 } from './elementary';
import { forwardFft } from './fft';

const FRAME_SAMPLES: i32 = 512;
const SPECTRUM_BINS: i32 = 257;
/** No sample of audio is beyond it; what is (or is not a number) counts as silence. */
const SAMPLE_LIMIT: f32 = 1e4;

/** Makes `count` samples (a multiple of 4) safe: what is not finite becomes 0. */
export function sanitiseSamples(samples: usize, count: i32): void {
  const limit = f32x4.splat(SAMPLE_LIMIT);
  const end = samples + (count << 2);
  for (; samples < end; samples += 16) {
    const value = v128.load(samples);
    v128.store(samples, v128.and(value, f32x4.le(f32x4.abs(value), limit)));
  }
}

/**
 * Up to four consecutive frames.
 *
 * @param tables - addresses `[window, twiddles, splitTwiddles, bands, dct]`, the last 0 for none, see `mfcc-tables.ts`
 * @param work - scratch: 512 + 512 + 257 vectors, and melBands more, rounded up to a multiple of 8
 * @param floor - the logarithm is `logScale · ln(max(energy + logBias, logFloor))`
 * @param out - `[4][outBytes]`; only `frames` rows are written
 */
export function mfcc(
  samples: usize, frames: i32, hopBytes: i32, tables: usize, work: usize,
  melBands: i32, isMagnitude: i32, logBias: f32, logFloor: f32, logScale: f32,
  coefficients: i32, out: usize, outBytes: i32,
): void {
  const complex = work;
  const spare = work + FRAME_SAMPLES * 16;
  const spectrum = spare + FRAME_SAMPLES * 16;
  const mel = spectrum + SPECTRUM_BINS * 16;
  windowed(samples, frames, hopBytes, load<usize>(tables), complex);
  forwardFft(complex, spare, load<usize>(tables, 4));
  power(complex, load<usize>(tables, 8), spectrum);
  if (isMagnitude) squareRoots(spectrum);
  melEnergies(spectrum, load<usize>(tables, 12), melBands, mel);
  logarithms(mel, melBands, logBias, logFloor, logScale);
  const dct = load<usize>(tables, 16);
  if (dct) cepstrum(mel, melBands, dct, coefficients, out, outBytes, frames);
  else logMel(mel, coefficients, out, outBytes, frames);
}

/** The log-mel bands as they are; `coefficients` of them, a multiple of 8. */
function logMel(mel: usize, coefficients: i32, out: usize, outBytes: i32, frames: i32): void {
  for (let row = 0; row < coefficients; row += 4) {
    storeColumns(v128.load(mel), v128.load(mel, 16), v128.load(mel, 32), v128.load(mel, 48), out + (row << 2), outBytes, frames);
    mel += 64;
  }
}

/** Multiplies four frames by the window and turns them so that each lane is a frame. */
function windowed(samples: usize, frames: i32, hopBytes: i32, window: usize, out: usize): void {
  // lanes beyond the last frame repeat it; nobody reads them
  let s0 = samples;
  let s1 = frames > 1 ? s0 + hopBytes : s0;
  let s2 = frames > 2 ? s1 + hopBytes : s1;
  let s3 = frames > 3 ? s2 + hopBytes : s2;
  const end = window + FRAME_SAMPLES * 4;
  for (; window < end; window += 16) {
    const w = v128.load(window);
    const a = f32x4.mul(v128.load(s0), w);
    const b = f32x4.mul(v128.load(s1), w);
    const c = f32x4.mul(v128.load(s2), w);
    const d = f32x4.mul(v128.load(s3), w);
    const ab01 = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const ab23 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cd01 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    const cd23 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    v128.store(out, v128.shuffle<f32>(ab01, cd01, 0, 1, 4, 5));
    v128.store(out, v128.shuffle<f32>(ab01, cd01, 2, 3, 6, 7), 16);
    v128.store(out, v128.shuffle<f32>(ab23, cd23, 0, 1, 4, 5), 32);
    v128.store(out, v128.shuffle<f32>(ab23, cd23, 2, 3, 6, 7), 48);
    s0 += 16;
    s1 += 16;
    s2 += 16;
    s3 += 16;
    out += 64;
  }
}

/**
 * |X|² of the real frame from the spectrum Z of its even and odd samples taken as a complex signal:
 * X[k] = E + T and X[256−k]* = E − T with E = ½(Z[k] + Z[256−k]*), T = −½i·e^(−2πik/512)·(Z[k] − Z[256−k]*).
 *
 * @param twiddles - for k = 1 … 128: real and imaginary part of −½i·e^(−2πik/512)
 */
function power(z: usize, twiddles: usize, spectrum: usize): void {
  const half = f32x4.splat(0.5);
  const re0 = v128.load(z);
  const im0 = v128.load(z, 16);
  const first = f32x4.add(re0, im0);
  const last = f32x4.sub(re0, im0);
  v128.store(spectrum, f32x4.mul(first, first));
  v128.store(spectrum + 256 * 16, f32x4.mul(last, last));
  let a = z + 32;
  let b = z + 255 * 32;
  let low = spectrum + 16;
  let high = spectrum + 255 * 16;
  for (let k = 1; k <= 128; k++) {
    const aRe = v128.load(a);
    const aIm = v128.load(a, 16);
    const bRe = v128.load(b);
    const bIm = v128.load(b, 16);
    const eRe = f32x4.mul(half, f32x4.add(aRe, bRe));
    const eIm = f32x4.mul(half, f32x4.sub(aIm, bIm));
    const dRe = f32x4.sub(aRe, bRe);
    const dIm = f32x4.add(aIm, bIm);
    const wRe = v128.load32_splat(twiddles);
    const wIm = v128.load32_splat(twiddles, 4);
    const tRe = nmadd(f32x4.mul(wRe, dRe), wIm, dIm);
    const tIm = madd(f32x4.mul(wRe, dIm), wIm, dRe);
    const xRe = f32x4.add(eRe, tRe);
    const xIm = f32x4.add(eIm, tIm);
    const yRe = f32x4.sub(eRe, tRe);
    const yIm = f32x4.sub(eIm, tIm);
    v128.store(low, madd(f32x4.mul(xRe, xRe), xIm, xIm));
    v128.store(high, madd(f32x4.mul(yRe, yRe), yIm, yIm));
    a += 32;
    b -= 32;
    low += 16;
    high -= 16;
    twiddles += 8;
  }
}

function squareRoots(spectrum: usize): void {
  const end = spectrum + SPECTRUM_BINS * 16;
  for (; spectrum < end; spectrum += 16) v128.store(spectrum, f32x4.sqrt(v128.load(spectrum)));
}

/** Sums bands; `bands` holds, one after another, first bin and count (both i32) and then that many weights. */
function melEnergies(spectrum: usize, bands: usize, melBands: i32, mel: usize): void {
  for (let band = 0; band < melBands; band++) {
    let bin = spectrum + (load<i32>(bands) << 4);
    const count = load<i32>(bands, 4);
    bands += 8;
    const end = bands + (count << 2);
    let even = f32x4.splat(0);
    let odd = f32x4.splat(0);
    for (; bands + 4 < end; bands += 8) {
      even = madd(even, v128.load32_splat(bands), v128.load(bin));
      odd = madd(odd, v128.load32_splat(bands, 4), v128.load(bin, 16));
      bin += 32;
    }
    if (bands < end) even = madd(even, v128.load32_splat(bands), v128.load(bin));
    bands = end;
    v128.store(mel, f32x4.add(even, odd));
    mel += 16;
  }
}

function logarithms(mel: usize, melBands: i32, bias: f32, floor: f32, scale: f32): void {
  const end = mel + (melBands << 4);
  for (; mel < end; mel += 16) {
    const energy = f32x4.pmax(f32x4.add(v128.load(mel), f32x4.splat(bias)), f32x4.splat(floor));
    v128.store(mel, f32x4.mul(ln4(energy), f32x4.splat(scale)));
  }
}

/** Eight coefficients at a time; `dct` is packed `[coefficients / 8][melBands][8]`. */
function cepstrum(mel: usize, melBands: i32, dct: usize, coefficients: i32, out: usize, outBytes: i32, frames: i32): void {
  const melEnd = mel + (melBands << 4);
  for (let row = 0; row < coefficients; row += 8) {
    let c0 = f32x4.splat(0);
    let c1 = c0;
    let c2 = c0;
    let c3 = c0;
    let c4 = c0;
    let c5 = c0;
    let c6 = c0;
    let c7 = c0;
    for (let band = mel; band < melEnd; band += 16) {
      const m = v128.load(band);
      c0 = madd(c0, m, v128.load32_splat(dct));
      c1 = madd(c1, m, v128.load32_splat(dct, 4));
      c2 = madd(c2, m, v128.load32_splat(dct, 8));
      c3 = madd(c3, m, v128.load32_splat(dct, 12));
      c4 = madd(c4, m, v128.load32_splat(dct, 16));
      c5 = madd(c5, m, v128.load32_splat(dct, 20));
      c6 = madd(c6, m, v128.load32_splat(dct, 24));
      c7 = madd(c7, m, v128.load32_splat(dct, 28));
      dct += 32;
    }
    storeColumns(c0, c1, c2, c3, out + (row << 2), outBytes, frames);
    storeColumns(c4, c5, c6, c7, out + (row << 2) + 16, outBytes, frames);
  }
}

/** Turns four coefficients × four lanes back into rows. */
@inline
function storeColumns(a: v128, b: v128, c: v128, d: v128, out: usize, outBytes: i32, frames: i32): void {
  const ab01 = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const ab23 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd01 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const cd23 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<f32>(ab01, cd01, 0, 1, 4, 5));
  if (frames > 1) v128.store(out + outBytes, v128.shuffle<f32>(ab01, cd01, 2, 3, 6, 7));
  if (frames > 2) v128.store(out + 2 * outBytes, v128.shuffle<f32>(ab23, cd23, 0, 1, 4, 5));
  if (frames > 3) v128.store(out + 3 * outBytes, v128.shuffle<f32>(ab23, cd23, 2, 3, 6, 7));
}

/** The low-pass filters of the resampler: Kaiser-windowed sincs, tabulated by phase. */

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';

/**
 * A low-pass filter sampled at fractional delays. Row `r` of `rows` holds the `taps` weights of an output that lies `r / phases` of an
 * input sample after tap `taps / 2 − 1`; one row more than there are phases, so that a row has always a successor to interpolate with.
 */
export interface ResamplingFilter {
  readonly taps: number;
  readonly phases: number;
  /** `[phases + 1, taps]`, row-major; every row sums to 1. */
  readonly rows: Float32Array;
}

/** Designed for 4 dB more than the −60 dB that is promised: Kaiser's formulas are fits, and weights are rounded to float32. */
const STOP_BAND_DB = 64;
/** The transition band ends at the lower of the two Nyquist frequencies, so nothing folds back, and begins here, as a fraction of it. */
const PASS_BAND_EDGE = 0.9;
/** Ratios with up to this many phases (all the usual rates: 11,025 Hz has 640) get an exact table; others interpolate. */
const MAX_EXACT_PHASES = 640;
/** Linear interpolation between 256 rows a sample errs by at most (π/256)²/8 = −94 dB (Smith, "Digital Audio Resampling", 2002). */
const INTERPOLATED_PHASES = 256;
/** Filters kept for the next stream of the same rate: the usual rates, at up to 600 KB each. */
const MAX_CACHED_FILTERS = 8;

const cachedFilters = new Map<number, ResamplingFilter>();

/** The filter that takes `fromHz` to 16 kHz; shared by all streams of that rate. */
export function resamplingFilter(fromHz: number): ResamplingFilter {
  const filter = cachedFilters.get(fromHz) ?? designFilter(fromHz);
  cachedFilters.delete(fromHz); // and in again at the end: the first key is the one unused for longest
  cachedFilters.set(fromHz, filter);
  if (cachedFilters.size > MAX_CACHED_FILTERS) cachedFilters.delete(cachedFilters.keys().next().value!);
  return filter;
}

/** Greatest common divisor of two positive integers. */
export function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function designFilter(fromHz: number): ResamplingFilter {
  const nyquistRatio = Math.min(1, SAMPLE_RATE_HZ / fromHz); // the lower Nyquist frequency over the input's
  const taps = tapCount(nyquistRatio);
  const exactPhases = SAMPLE_RATE_HZ / greatestCommonDivisor(SAMPLE_RATE_HZ, fromHz);
  const phases = exactPhases <= MAX_EXACT_PHASES ? exactPhases : INTERPOLATED_PHASES;
  const rows = new Float32Array((phases + 1) * taps);
  const cutoff = (nyquistRatio * (1 + PASS_BAND_EDGE)) / 2;
  for (let row = 0; row <= phases; row++) designRow(rows.subarray(row * taps, (row + 1) * taps), { delay: row / phases, cutoff });
  return { taps, phases, rows };
}

/** Kaiser's estimate of the length (Oppenheim and Schafer, "Discrete-Time Signal Processing", eq. 7.63), a multiple of 4. */
function tapCount(nyquistRatio: number): number {
  const transitionRadians = Math.PI * nyquistRatio * (1 - PASS_BAND_EDGE);
  return 4 * Math.ceil((STOP_BAND_DB - 8) / (2.285 * transitionRadians) / 4);
}

function designRow(row: Float32Array, { delay, cutoff }: { delay: number; cutoff: number }): void {
  const half = row.length / 2;
  const weights = Float64Array.from(row, (_, tap) => {
    const t = tap - (half - 1) - delay;
    return sinc(cutoff * t) * kaiser(t / half);
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  for (let tap = 0; tap < row.length; tap++) row[tap] = weights[tap]! / sum;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Kaiser's shape for a stop band beyond 50 dB (Oppenheim and Schafer, eq. 7.62). */
const KAISER_BETA = 0.1102 * (STOP_BAND_DB - 8.7);
const KAISER_PEAK = besselI0(KAISER_BETA);

/** The Kaiser window over [-1, 1]. */
function kaiser(x: number): number {
  return Math.abs(x) >= 1 ? 0 : besselI0(KAISER_BETA * Math.sqrt(1 - x * x)) / KAISER_PEAK;
}

/** The modified Bessel function of order zero, by its power series. */
function besselI0(x: number): number {
  const quarterSquare = (x * x) / 4;
  let [sum, term] = [1, 1];
  for (let k = 1; term > sum * Number.EPSILON; k++) {
    term *= quarterSquare / (k * k);
    sum += term;
  }
  return sum;
}

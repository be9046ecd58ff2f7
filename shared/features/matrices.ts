/** The three constant matrices of the MFCC: window, mel filterbank and DCT. Extractors differ in speed, never in these. */

import { SAMPLE_RATE_HZ, type FeatureConfig } from '#shared/features/feature-config.ts';

/** One triangular band: weights of the spectrum bins from `firstBin` on. */
export interface MelBand {
  readonly firstBin: number;
  readonly weights: Float32Array;
}

/** The analysis window `[frameSamples]`, with `inputScale` folded in. */
export function scaledWindow({ frameSamples, windowFunction, inputScale }: FeatureConfig): Float32Array {
  const period = windowFunction === 'hann_periodic' ? frameSamples : frameSamples - 1;
  return Float32Array.from({ length: frameSamples }, (_, n) => inputScale * 0.5 * (1 - Math.cos((2 * Math.PI * n) / period)));
}

/** The DCT-II matrix `[coefficients, melBands]`, row-major; the identity where `dct` is `none`. */
export function dctMatrix({ coefficients, melBands, dct }: FeatureConfig): Float32Array {
  const matrix = new Float32Array(coefficients * melBands);
  for (let row = 0; row < coefficients; row++) {
    const scale = dct === 'orthonormal' ? Math.sqrt((row === 0 ? 1 : 2) / melBands) : 2;
    for (let band = 0; band < melBands; band++) {
      const cosine = scale * Math.cos((Math.PI * row * (band + 0.5)) / melBands);
      matrix[row * melBands + band] = dct === 'none' ? Number(row === band) : cosine;
    }
  }
  return matrix;
}

/** The mel filterbank as sparse bands over the `frameSamples / 2 + 1` bins of the spectrum. */
export function melFilterbank(config: FeatureConfig): readonly MelBand[] {
  const { melBands, filterbank, frameSamples } = config;
  const binHz = SAMPLE_RATE_HZ / frameSamples;
  const corners = melCornersHz(config).map((hz) =>
    filterbank.edges === 'exact' ? hz : Math.floor(((frameSamples + 1) * hz) / SAMPLE_RATE_HZ) * binHz,
  );
  return Array.from({ length: melBands }, (_, band) => triangle(corners.slice(band, band + 3), config));
}

/** Where each mel band peaks, ascending, in Hz. */
export function melCentresHz(config: Pick<FeatureConfig, 'melBands' | 'filterbank'>): readonly number[] {
  return melCornersHz(config).slice(1, -1);
}

/** Evenly spaced in mel; each band begins, peaks and ends at three neighbours. */
function melCornersHz({ melBands, filterbank }: Pick<FeatureConfig, 'melBands' | 'filterbank'>): readonly number[] {
  const toMel = filterbank.scale === 'htk' ? hzToMelHtk : hzToMelSlaney;
  const toHz = filterbank.scale === 'htk' ? melToHzHtk : melToHzSlaney;
  const [low, high] = [toMel(filterbank.lowHz), toMel(filterbank.highHz)];
  return Array.from({ length: melBands + 2 }, (_, i) => toHz(low + ((high - low) * i) / (melBands + 1)));
}

function triangle(corners: readonly number[], { filterbank, frameSamples }: FeatureConfig): MelBand {
  const [left = 0, peak = 0, right = 0] = corners;
  const binHz = SAMPLE_RATE_HZ / frameSamples;
  const area = filterbank.area === 'slaney' ? 2 / (right - left) : 1;
  const firstBin = Math.max(0, Math.ceil(left / binHz));
  const lastBin = Math.min(frameSamples / 2, Math.floor(right / binHz));
  const weights = Float32Array.from({ length: Math.max(0, lastBin - firstBin + 1) }, (_, i) => {
    const hz = (firstBin + i) * binHz;
    // With `bin` edges two corners may fall on the same bin: a missing slope leaves the other one as it is.
    const rising = hz < peak ? (hz - left) / (peak - left) : 1;
    const falling = hz >= peak ? (right - hz) / (right - peak) : 1;
    return hz < right ? area * Math.max(0, Math.min(rising, falling)) : 0;
  });
  return { firstBin, weights };
}

const hzToMelHtk = (hz: number): number => 2595 * Math.log10(1 + hz / 700);
const melToHzHtk = (mel: number): number => 700 * (10 ** (mel / 2595) - 1);

// Slaney's scale: 200/3 Hz a mel up to 1 kHz, then 27 mels for each factor of 6.4.
const SLANEY_BREAK_HZ = 1000;
const SLANEY_BREAK_MEL = 15;
const SLANEY_LOG_STEP = Math.log(6.4) / 27;

function hzToMelSlaney(hz: number): number {
  return hz < SLANEY_BREAK_HZ ? (3 * hz) / 200 : SLANEY_BREAK_MEL + Math.log(hz / SLANEY_BREAK_HZ) / SLANEY_LOG_STEP;
}

function melToHzSlaney(mel: number): number {
  return mel < SLANEY_BREAK_MEL ? (200 * mel) / 3 : SLANEY_BREAK_HZ * Math.exp(SLANEY_LOG_STEP * (mel - SLANEY_BREAK_MEL));
}

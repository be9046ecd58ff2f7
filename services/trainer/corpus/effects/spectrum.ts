/** What another speaker and another microphone do to the mel bands: all of them move together, rise and fall smoothly, lose their background, or are gone but for a band. */

import type { FeatureConfig } from '#shared/features/feature-config.ts';
import { melCentresHz } from '#shared/features/matrices.ts';

import type { Random } from '../../random.ts';

/**
 * Vocal tract length perturbation (Jaitly and Hinton, 2013), on the mel axis: band b takes the value of band b · factor, interpolated
 * linearly; above the last band there is only its value.
 *
 * @param logMel - `[frames, bands]`, changed in place
 */
export function warpBands(logMel: Float32Array, bands: number, factor: number): void {
  const frame = new Float32Array(bands);
  for (let start = 0; start < logMel.length; start += bands) {
    frame.set(logMel.subarray(start, start + bands));
    for (let band = 0; band < bands; band++) {
      const position = Math.min(bands - 1, band * factor);
      const below = Math.floor(position);
      const above = Math.min(bands - 1, below + 1);
      logMel[start + band] = frame[below]! + (position - below) * (frame[above]! - frame[below]!);
    }
  }
}

/**
 * Another microphone: a tilt and one slow wave over the bands, each of a random size.
 *
 * @param logMel - `[frames, bands]`, changed in place
 * @param peakDb - the most that either adds to a band
 */
export function equalise(
  logMel: Float32Array,
  { features, peakDb }: { features: Pick<FeatureConfig, 'melBands' | 'logarithm' | 'spectrum'>; peakDb: number },
  random: Random,
): void {
  const tilt = random.between(-peakDb, peakDb);
  const wave = random.between(-peakDb, peakDb);
  const periods = random.between(0.5, 2);
  const phase = random.between(0, 2 * Math.PI);
  const gains = Float64Array.from({ length: features.melBands }, (_, band) => {
    const place = band / (features.melBands - 1);
    const gainDb = tilt * (2 * place - 1) + wave * Math.cos(2 * Math.PI * periods * place + phase);
    return 10 ** (gainDb / (features.spectrum === 'power' ? 10 : 20));
  });
  for (let i = 0; i < logMel.length; i++) logMel[i] = amplified(logMel[i]!, gains[i % gains.length]!, features.logarithm);
}

/**
 * A call or a codec: what lies outside of a band is all but gone.
 *
 * @param logMel - `[frames, bands]`, changed in place
 * @param dropDb - what is left outside, below 0
 */
export function limitBand(
  logMel: Float32Array,
  {
    features,
    lowHz,
    highHz,
    dropDb,
  }: {
    features: Pick<FeatureConfig, 'melBands' | 'filterbank' | 'logarithm' | 'spectrum'>;
    lowHz: number;
    highHz: number;
    dropDb: number;
  },
): void {
  const drop = 10 ** (dropDb / (features.spectrum === 'power' ? 10 : 20));
  const gains = melCentresHz(features).map((hz) => (hz < lowHz || hz > highHz ? drop : 1));
  for (let i = 0; i < logMel.length; i++) logMel[i] = amplified(logMel[i]!, gains[i % gains.length]!, features.logarithm);
}

/** The share of a window's frames that is taken for its background. */
const BACKGROUND_SHARE = 0.1;

/**
 * What noise suppression leaves (spectral subtraction; Boll, 1979): each band without its background, which is what its quietest frames hold.
 *
 * @param logMel - `[frames, bands]`, changed in place
 * @param strength - how many times the background is taken away
 * @param floorDb - what is always left of a frame, below 0
 */
export function suppressNoise(
  logMel: Float32Array,
  { features, strength, floorDb }: { features: Pick<FeatureConfig, 'melBands' | 'logarithm'>; strength: number; floorDb: number },
): void {
  const { melBands, logarithm } = features;
  const frames = logMel.length / melBands;
  const floor = 10 ** (floorDb / 10);
  const energies = new Float64Array(frames);
  for (let band = 0; band < melBands; band++) {
    for (let frame = 0; frame < frames; frame++) energies[frame] = linear(logMel[frame * melBands + band]!, logarithm);
    const background = strength * energies.toSorted()[Math.floor(BACKGROUND_SHARE * frames)]!;
    for (let frame = 0; frame < frames; frame++) {
      const energy = energies[frame]!;
      const gain = energy > 0 ? Math.max(floor, 1 - background / energy) : 1;
      const i = frame * melBands + band;
      logMel[i] = amplified(logMel[i]!, gain, logarithm);
    }
  }
}

function linear(value: number, logarithm: FeatureConfig['logarithm']): number {
  switch (logarithm) {
    case 'log1p':
      return Math.expm1(value);
    case 'log':
      return Math.exp(value);
    case 'db':
      return 10 ** (value / 10);
  }
}

function amplified(value: number, gain: number, logarithm: FeatureConfig['logarithm']): number {
  switch (logarithm) {
    case 'log1p':
      return Math.log1p(Math.expm1(value) * gain);
    case 'log':
      return value + Math.log(gain);
    case 'db':
      return value + 10 * Math.log10(gain);
  }
}

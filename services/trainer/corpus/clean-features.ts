/** Features of clips as they are, without augmentation: for fitting the normalisation, and for validation. */

import { framesIn } from '#shared/features/feature-config.ts';
import type { FeatureExtractor } from '#shared/features/mfcc.ts';

import { INT16_SCALE, recordingOf, type SampleStore } from './sample-store.ts';

/**
 * Unnormalised features of some recordings, each centred in a window and padded with zeros.
 *
 * @returns `[recordings, frames, coefficients]`
 */
export function cleanFeatures(
  store: SampleStore,
  recordings: readonly number[],
  { extractor, windowSamples }: { extractor: FeatureExtractor; windowSamples: number },
): Float32Array {
  const frames = framesIn(windowSamples, extractor.config);
  const width = frames * extractor.config.coefficients;
  const out = new Float32Array(recordings.length * width);
  recordings.forEach((recording, i) => {
    extractor.extract(centred(recordingOf(store, recording), windowSamples), frames, out.subarray(i * width, (i + 1) * width));
  });
  return out;
}

/** Mean and standard deviation of each coefficient over `[…, coefficients]`. */
export function statisticsOf(values: Float32Array, coefficients: number): { mean: number[]; deviation: number[] } {
  const count = values.length / coefficients;
  const mean = new Array<number>(coefficients).fill(0);
  const square = new Array<number>(coefficients).fill(0);
  values.forEach((value, i) => {
    const row = i % coefficients;
    mean[row] = mean[row]! + value / count;
    square[row] = square[row]! + value ** 2 / count;
  });
  return { mean, deviation: square.map((value, row) => Math.sqrt(Math.max(1e-6, value - mean[row]! ** 2))) };
}

function centred(recording: Int16Array, windowSamples: number): Float32Array {
  const window = new Float32Array(windowSamples);
  const offset = Math.floor((windowSamples - recording.length) / 2);
  for (let n = 0; n < windowSamples; n++) window[n] = (recording[n - offset] ?? 0) / INT16_SCALE;
  return window;
}

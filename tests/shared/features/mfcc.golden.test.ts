import { describe, expect, test } from 'vitest';

import { framesIn } from '#shared/features/feature-config.ts';
import { MfccExtractor } from '#shared/features/mfcc.ts';

import { readGoldenCases, readGoldenClip, type GoldenCase } from './golden.ts';

/**
 * Librosa computes in double precision here; we keep window, spectrum and DCT in float32, whose steps are 6e-8 of a value. The largest
 * sums are those of 128 bands at up to 100 dB, of which every one may err by half a step of its own and of the DCT's: 2e-4 in a sum
 * of random signs. The features of our models are ten times closer.
 */
const LIBROSA_TOLERANCE = 2e-4;
/** Meyda keeps amplitudes and, while it sums them, band energies in float32, which adds as much again; its DCT doubles it. */
const MEYDA_TOLERANCE = 3e-4;

const clip = readGoldenClip();

function largestDifference({ features, frames }: GoldenCase): number {
  const extracted = new Float32Array(frames.length * features.coefficients);
  new MfccExtractor(features).extract(clip, frames.length, extracted);
  const differences = frames.flat().map((expected, i) => Math.abs(extracted[i]! - expected));
  return differences.reduce((largest, difference) => Math.max(largest, difference), 0);
}

describe.each([
  ['librosa', LIBROSA_TOLERANCE],
  ['meyda', MEYDA_TOLERANCE],
] as const)('what %s computes', (source, tolerance) => {
  for (const golden of readGoldenCases(source)) {
    test(`is what we compute: ${golden.title}`, () => {
      expect(golden.frames.length).toBe(framesIn(clip.length, golden.features));
      expect(golden.frames.every((frame) => frame.length === golden.features.coefficients)).toBe(true);
      expect(largestDifference(golden)).toBeLessThan(tolerance);
    });
  }
});

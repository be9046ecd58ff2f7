import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';

import { DEFAULT_FEATURES, framesIn, samplesOf, type FeatureConfig } from '#shared/features/feature-config.ts';
import { MfccExtractor } from '#shared/features/mfcc.ts';

const CONFIGS: readonly FeatureConfig[] = [
  DEFAULT_FEATURES,
  { ...DEFAULT_FEATURES, logarithm: 'log', spectrum: 'magnitude' },
  { ...DEFAULT_FEATURES, logarithm: 'db', dct: 'unscaled', coefficients: 13 },
  {
    ...DEFAULT_FEATURES,
    dct: 'none',
    filterbank: { ...DEFAULT_FEATURES.filterbank, edges: 'bin', area: 'slaney' },
    melBands: 80,
    coefficients: 80,
  },
];
const config = fc.constantFrom(...CONFIGS);

function extract(samples: Float32Array, config: FeatureConfig, extractor = new MfccExtractor(config)): Float32Array {
  const frames = framesIn(samples.length, config);
  const features = new Float32Array(frames * config.coefficients);
  extractor.extract(samples, frames, features);
  return features;
}

/** Extracts in runs of the given lengths, each from the samples of its own frames alone. */
function extractInRuns(samples: Float32Array, config: FeatureConfig, runs: readonly number[]): Float32Array {
  const extractor = new MfccExtractor(config);
  const frames = framesIn(samples.length, config);
  const features = new Float32Array(frames * config.coefficients);
  for (let [frame, i] = [0, 0]; frame < frames; i++) {
    const count = Math.min(runs[i % runs.length]!, frames - frame);
    const start = frame * config.hopSamples;
    const run = extract(samples.slice(start, start + samplesOf(count, config)), config, extractor);
    features.set(run, frame * config.coefficients);
    frame += count;
  }
  return features;
}

describe('features', () => {
  test.prop(
    [
      config,
      fc.float32Array({ min: -1, max: 1, noNaN: true, minLength: 512, maxLength: 3000 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
    ],
    { numRuns: 40 },
  )('are the same frame by frame, stride by stride and all at once', (config, samples, runs) => {
    expect(extractInRuns(samples, config, runs)).toEqual(extract(samples, config));
  });

  test.prop([config, fc.float32Array({ min: -1, max: 1, noNaN: true, minLength: 512, maxLength: 1500 })], { numRuns: 40 })(
    'are finite for any sound',
    (config, samples) => {
      expect(extract(samples, config).every(Number.isFinite)).toBe(true);
    },
  );

  test.each(CONFIGS)('are finite for digital silence, full-scale squares and full-scale direct current (%#)', (config) => {
    const silence = new Float32Array(1600);
    const square = Float32Array.from({ length: 1600 }, (_, n) => (n % 32 < 16 ? 1 : -1));
    const direct = new Float32Array(1600).fill(-1);

    for (const samples of [silence, square, direct]) expect(extract(samples, config).every(Number.isFinite)).toBe(true);
  });

  test('of digital silence are zero, so that models see no floor that depends on a level', () => {
    expect(extract(new Float32Array(512), DEFAULT_FEATURES).every((value) => value === 0)).toBe(true);
  });

  test('rise in the first coefficient with the level', () => {
    const tone = Float32Array.from({ length: 512 }, (_, n) => Math.sin((2 * Math.PI * 440 * n) / 16_000));

    const [quiet] = extract(
      tone.map((sample) => 0.01 * sample),
      DEFAULT_FEATURES,
    );
    const [loud] = extract(tone, DEFAULT_FEATURES);

    expect(loud).toBeGreaterThan(quiet!);
  });

  test('have their largest log-mel band where the tone is', () => {
    const bands: FeatureConfig = { ...DEFAULT_FEATURES, dct: 'none' };
    const largestBandOf = (hz: number): number => {
      const frame = extract(
        Float32Array.from({ length: 512 }, (_, n) => 0.5 * Math.sin((2 * Math.PI * hz * n) / 16_000)),
        bands,
      );
      return frame.indexOf(Math.max(...frame));
    };
    // The centre of band b lies at mel(20) + (b + 1)·(mel(7600) − mel(20))/41 of the HTK scale.
    const mel = (hz: number): number => 2595 * Math.log10(1 + hz / 700);
    const expectedBand = (hz: number): number => Math.round(((mel(hz) - mel(20)) * 41) / (mel(7600) - mel(20))) - 1;

    for (const hz of [250, 500, 1000, 2000, 4000, 7000]) expect(largestBandOf(hz), `${hz} Hz`).toBe(expectedBand(hz));
  });

  test('leave what lies behind the frames untouched', () => {
    const out = new Float32Array(2 * 40 + 1).fill(7);

    new MfccExtractor(DEFAULT_FEATURES).extract(new Float32Array(672), 2, out);

    expect(out[80]).toBe(7);
  });
});

test('refuses fewer samples than the frames span', () => {
  const extractor = new MfccExtractor(DEFAULT_FEATURES);

  expect(() => extractor.extract(new Float32Array(671), 2, new Float32Array(80))).toThrow(/2 frames need 672 samples, got 671/);
});

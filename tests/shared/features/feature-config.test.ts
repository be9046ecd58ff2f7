import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';

import { DEFAULT_FEATURES, FeatureConfigSchema, framesIn, samplesOf } from '#shared/features/feature-config.ts';

const hop = fc.integer({ min: 80, max: 512 }).map((hopSamples) => ({ ...DEFAULT_FEATURES, hopSamples }));

test('a window of one second holds 97 frames, and a stride of 80 ms is 8', () => {
  expect(framesIn(16_000, DEFAULT_FEATURES)).toBe(97);
  expect(1280 / DEFAULT_FEATURES.hopSamples).toBe(8);
});

test.prop([hop, fc.integer({ min: 1, max: 5000 })])('the samples that frames span hold just those frames', (config, frames) => {
  expect(framesIn(samplesOf(frames, config), config)).toBe(frames);
  expect(framesIn(samplesOf(frames, config) - 1, config)).toBe(frames - 1);
});

test.prop([hop, fc.integer({ min: 512, max: 1_000_000 })])('whole frames never span more samples than there are', (config, samples) => {
  expect(samplesOf(framesIn(samples, config), config)).toBeLessThanOrEqual(samples);
});

test('less than a frame holds no frame', () => {
  expect(framesIn(511, DEFAULT_FEATURES)).toBe(0);
  expect(framesIn(0, DEFAULT_FEATURES)).toBe(0);
});

test('the default is a valid configuration', () => {
  expect(FeatureConfigSchema.parse(DEFAULT_FEATURES)).toEqual(DEFAULT_FEATURES);
});

test.each([
  ['more coefficients than bands', { coefficients: 41 }],
  ['log-mel bands fewer than there are', { dct: 'none', coefficients: 20 }],
  ['bands from high to low', { filterbank: { ...DEFAULT_FEATURES.filterbank, lowHz: 7600, highHz: 20 } }],
  ['bands beyond the Nyquist frequency', { filterbank: { ...DEFAULT_FEATURES.filterbank, highHz: 8001 } }],
  ['another sample rate', { sampleRateHz: 8000 }],
  ['a field it does not know', { liftering: 22 }],
])('refuses %s', (_, change) => {
  expect(FeatureConfigSchema.safeParse({ ...DEFAULT_FEATURES, ...change }).success).toBe(false);
});

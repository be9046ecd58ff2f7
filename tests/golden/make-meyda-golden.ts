/**
 * Writes meyda.json: features of clip.wav as meyda computes them. Every case holds the `FeatureConfig` that should give the same
 * numbers. Run with `npx tsx tests/golden/make-meyda-golden.ts`.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { readWav } from '#shared/audio/wav.ts';
import { DEFAULT_FEATURES, framesIn, SAMPLE_RATE_HZ, type FeatureConfig } from '#shared/features/feature-config.ts';

import { meydaMfcc } from './meyda-adapter.ts';

const DECIMALS = 6;
const { version } = createRequire(import.meta.url)('meyda/package.json') as { version: string };

/** Meyda's conventions: symmetric Hann, bands from 0 Hz to Nyquist with corners on bins, natural log1p, DCT-II times 2. */
const MEYDA_FEATURES: FeatureConfig = {
  ...DEFAULT_FEATURES,
  windowFunction: 'hann_symmetric',
  filterbank: { scale: 'htk', area: 'none', edges: 'bin', lowHz: 0, highHz: SAMPLE_RATE_HZ / 2 },
  logarithm: 'log1p',
  dct: 'unscaled',
};

const CASES: Readonly<Record<string, FeatureConfig>> = {
  '40 bands of int16-sized samples': MEYDA_FEATURES,
  "meyda's own 26 bands and 13 coefficients of samples in [-1, 1]": {
    ...MEYDA_FEATURES,
    inputScale: 1,
    melBands: 26,
    coefficients: 13,
  },
  '80 bands, so narrow that some corners fall on one bin': { ...MEYDA_FEATURES, melBands: 80, coefficients: 20 },
};

function framesOf(samples: Float32Array, config: FeatureConfig): number[][] {
  const { frameSamples, hopSamples, inputScale, melBands, coefficients } = config;
  const scaled = samples.map((sample) => sample * inputScale);
  return Array.from({ length: framesIn(samples.length, config) }, (_, frame) => {
    const start = frame * hopSamples;
    const mfcc = meydaMfcc(scaled.subarray(start, start + frameSamples), { sampleRateHz: SAMPLE_RATE_HZ, melBands, coefficients });
    return mfcc.map((value) => Number(value.toFixed(DECIMALS)));
  });
}

const { samples } = readWav(readFileSync(new URL('clip.wav', import.meta.url)));
const golden = {
  madeBy: 'tests/golden/make-meyda-golden.ts',
  versions: { meyda: version },
  cases: Object.entries(CASES).map(([title, features]) => ({ title, features, frames: framesOf(samples, features) })),
};
writeFileSync(new URL('meyda.json', import.meta.url), `${JSON.stringify(golden).replaceAll('},{', '},\n{')}\n`);

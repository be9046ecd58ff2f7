import { readFile } from 'node:fs/promises';

import { fc, test as property } from '@fast-check/vitest';
import { beforeAll, describe, expect, test } from 'vitest';

import { readWav } from '#shared/audio/wav.ts';
import { DEFAULT_FEATURES, framesIn, samplesOf, type FeatureConfig } from '#shared/features/feature-config.ts';
import { MfccExtractor } from '#shared/features/mfcc.ts';
import { instantiateKernel } from '#shared/kernel/kernel-exports.ts';
import { createKernelExtractor, KernelExtractor } from '#shared/kernel/kernel-extractor.ts';
import { KernelMemory } from '#shared/kernel/kernel-memory.ts';

import { babble } from '../../helpers/arbitrary-audio.ts';
import { KERNEL_VARIANTS, readKernel } from '../../helpers/kernel.ts';

/** Coefficients of speech reach 200; float32 keeps seven digits of the sums they come from. */
const TOLERANCE = 1e-3;
/**
 * A float32 spectrum is exact to about 1e-7 of its loudest bin, the reference's is float64. Where bands lie 100 dB and more below a pure
 * tone, that is their size, and the logarithm shows it.
 */
const PURE_TONE_TOLERANCE = 0.1;

let wasm: Uint8Array<ArrayBuffer>;

const featureConfig: fc.Arbitrary<FeatureConfig> = fc
  .record({
    hopSamples: fc.integer({ min: 20, max: 128 }).map((quarter) => 4 * quarter),
    windowFunction: fc.constantFrom('hann_periodic' as const, 'hann_symmetric' as const),
    inputScale: fc.constantFrom(1, 32_768),
    spectrum: fc.constantFrom('power' as const, 'magnitude' as const),
    melBands: fc.integer({ min: 8, max: 80 }),
    scale: fc.constantFrom('htk' as const, 'slaney' as const),
    area: fc.constantFrom('none' as const, 'slaney' as const),
    logarithm: fc.constantFrom('log1p' as const, 'log' as const, 'db' as const),
    dct: fc.constantFrom('orthonormal' as const, 'unscaled' as const, 'none' as const),
    coefficients: fc.integer({ min: 8, max: 80 }),
  })
  .map(({ scale, area, coefficients, ...rest }) => ({
    ...DEFAULT_FEATURES,
    ...rest,
    coefficients: rest.dct === 'none' ? rest.melBands : Math.min(coefficients, rest.melBands),
    filterbank: { ...DEFAULT_FEATURES.filterbank, scale, area },
  }));

describe.each(KERNEL_VARIANTS)('the feature extractor of the kernel, built for %s', (variant) => {
  beforeAll(async () => {
    wasm = await readKernel(variant);
  });

  property.prop([featureConfig, fc.integer({ min: 1, max: 140 }), fc.integer()], { numRuns: 40 })(
    'gives what the plain one gives, whatever the conventions and the number of frames',
    async (config, frames, seed) => {
      const samples = babble(samplesOf(frames, config), seed);

      const { actual, expected } = await extractBoth(config, samples, frames);

      const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
      expect(largestDifference(actual, expected) / scale).toBeLessThan(TOLERANCE / 100);
    },
  );

  test('agrees on a recording', async () => {
    const { samples } = readWav(await readFile('tests/golden/clip.wav'));

    const { actual, expected } = await extractBoth(DEFAULT_FEATURES, samples, framesIn(samples.length, DEFAULT_FEATURES));

    expect(largestDifference(actual, expected)).toBeLessThan(TOLERANCE);
  });

  const signals: Record<string, (i: number) => number> = {
    'digital silence': () => 0,
    'a full-scale square wave': (i) => Math.sign(Math.sin(0.2 * i) + 0.01),
    'the quietest square wave': (i) => (i % 80 < 40 ? 1 : -1) / 32_768,
    clicks: (i) => (i % 1600 === 0 ? 1 : 0),
    denormals: (i) => (i % 3) * 1e-40,
  };
  test.each(Object.entries(signals))('agrees on %s', async (_, signal) => {
    const samples = Float32Array.from({ length: 16_000 }, (__, i) => signal(i));

    const { actual, expected } = await extractBoth(DEFAULT_FEATURES, samples, 97);

    expect(largestDifference(actual, expected)).toBeLessThan(TOLERANCE);
  });

  const pureTones: Record<string, (i: number) => number> = {
    'a full-scale sine': (i) => Math.sin(0.3 * i),
    'a full-scale alternation': (i) => (i % 2 === 0 ? 1 : -1),
    'a constant': () => 1,
  };
  test.each(Object.entries(pureTones))('agrees on %s as far as float32 goes', async (_, signal) => {
    const samples = Float32Array.from({ length: 16_000 }, (__, i) => signal(i));

    const { actual, expected } = await extractBoth(DEFAULT_FEATURES, samples, 97);

    expect(largestDifference(actual, expected)).toBeLessThan(PURE_TONE_TOLERANCE);
  });

  property.prop([fc.array(fc.record({ at: fc.nat(15_999), value: fc.constantFrom(NaN, Infinity, -Infinity, 1e30) }), { maxLength: 50 })])(
    'takes samples that are not finite as silence',
    async (faults) => {
      const broken = babble(16_000, 3);
      const mended = broken.slice();
      for (const { at, value } of faults) {
        broken[at] = value;
        mended[at] = 0;
      }
      const extractor = await createKernelExtractor(wasm, DEFAULT_FEATURES);

      expect(extractAll(extractor, broken, 97)).toEqual(extractAll(extractor, mended, 97));
    },
  );

  test('computes a frame from its own samples alone, wherever it lies in a batch', async () => {
    const extractor = await createKernelExtractor(wasm, DEFAULT_FEATURES);
    const samples = babble(samplesOf(135, DEFAULT_FEATURES), 4);
    const together = extractAll(extractor, samples, 135);

    for (let frame = 0; frame < 135; frame++) {
      const alone = extractAll(extractor, samples.subarray(160 * frame, 160 * frame + 512), 1);
      expect(alone).toEqual(together.subarray(40 * frame, 40 * frame + 40));
    }
  });

  test('refuses too few samples and too little room', async () => {
    const extractor = await createKernelExtractor(wasm, DEFAULT_FEATURES);

    expect(() => extractor.extract(new Float32Array(671), 2, new Float32Array(80))).toThrow(RangeError);
    expect(() => extractor.extract(new Float32Array(672), 2, new Float32Array(79))).toThrow(RangeError);
    extractor.extract(new Float32Array(672), 2, new Float32Array(80));
  });

  test('gives its memory back', async () => {
    const memory = new KernelMemory(await instantiateKernel(wasm));

    new KernelExtractor(memory, DEFAULT_FEATURES).close();

    expect(memory.usedBytes).toBe(0);
  });
});

async function extractBoth(
  config: FeatureConfig,
  samples: Float32Array,
  frames: number,
): Promise<{ actual: Float32Array; expected: Float32Array }> {
  const expected = new Float32Array(frames * config.coefficients);
  new MfccExtractor(config).extract(samples, frames, expected);
  return { actual: extractAll(await createKernelExtractor(wasm, config), samples, frames), expected };
}

function extractAll(extractor: KernelExtractor, samples: Float32Array, frames: number): Float32Array {
  const out = new Float32Array(frames * extractor.config.coefficients);
  extractor.extract(samples, frames, out);
  return out;
}

/** NaN, where either holds one. */
function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}

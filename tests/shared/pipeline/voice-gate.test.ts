/** What counts as background, and that leaving it out loses nothing else. */

import { fc, test } from '@fast-check/vitest';
import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect } from 'vitest';

import { encodePcm } from '#shared/audio/pcm.ts';
import { DEFAULT_FEATURES, type FeatureConfig } from '#shared/features/feature-config.ts';
import { FrameLevel } from '#shared/features/frame-level.ts';
import { MfccExtractor } from '#shared/features/mfcc.ts';
import { SILENCE_LABEL } from '#shared/model/manifest.ts';
import { referenceEngine } from '#shared/model/reference-engine.ts';

import { babble, chunkLengths, cutBytes } from '../../helpers/arbitrary-audio.ts';
import { hear } from '../../helpers/hear.ts';
import { tinyArtefact } from '../../helpers/tiny-model.ts';

const SECOND = 16_000;
const classifier = referenceEngine.load(await tinyArtefact());
const { windowSamples, strideSamples, labels } = classifier.manifest;
const INPUT = { sampleRateHz: SECOND, encoding: 'pcm_f32le', channels: 1 } as const;
const EAGER = { threshold: { yes: 0.34, no: 0.22 }, patience: 1, refractoryMs: 0 };
const SILENT = labels.map((label) => Number(label === SILENCE_LABEL));
/** Until the background is known. */
const SETTLED = 5 * SECOND;

/** Steady noise of this amplitude. */
function noise(samples: number, amplitude: number, seed = 1): Float32Array {
  const generator = xoroshiro128plus(seed);
  return Float32Array.from({ length: samples }, () => amplitude * (2 * uniformFloat32(generator) - 1));
}

/** Noise, in which something louder sounds from `start` on. */
function withSound(length: number, start: number, sound: Float32Array): Float32Array {
  const samples = noise(length, 0.001);
  sound.forEach((sample, i) => (samples[start + i]! += sample));
  return samples;
}

const hearSamples = (samples: Float32Array, skipsSilence: boolean, lengths: readonly number[] = [strideSamples]) =>
  hear({ classifier, input: INPUT, knobs: EAGER, skipsSilence }, cutBytes(encodePcm(samples, 'pcm_f32le'), lengths, 4));

describe('a background that goes on', () => {
  test.prop([fc.constantFrom(0, 0.0001, 0.01, 0.3), fc.integer({ min: 1, max: 1000 })], { numRuns: 8 })(
    'is left out once it is known, however loud it is',
    (amplitude, seed) => {
      const { windows, skipped } = hearSamples(noise(8 * SECOND, amplitude, seed), true);

      expect(windows.filter(({ endSample }) => endSample > SETTLED && !skipped.has(endSample))).toEqual([]);
      expect([...skipped].filter((endSample) => endSample < 3 * SECOND)).toEqual([]);
    },
  );

  test('is told as silence, window by window', () => {
    const { windows, summary, skipped } = hearSamples(noise(6 * SECOND, 0.01), true);

    expect(windows.at(-1)).toMatchObject({ endSample: Math.max(...skipped), posteriors: SILENT });
    expect(summary).toEqual(hearSamples(noise(6 * SECOND, 0.01), false).summary);
  });

  test('that grows louder is a sound at first, and the background after a few seconds', () => {
    const samples = noise(14 * SECOND, 0.001);
    samples.set(noise(8 * SECOND, 0.05, 2), 6 * SECOND);

    const { windows, skipped } = hearSamples(samples, true);
    const skippedAt = (second: number): boolean =>
      skipped.has(windows.findLast(({ endSample }) => endSample <= second * SECOND)!.endSample);

    expect([5.9, 6.5, 8, 13].map(skippedAt)).toEqual([true, false, false, true]);
  });
});

describe('a sound', () => {
  const sounds = fc.record({
    start: fc.integer({ min: SETTLED, max: SETTLED + SECOND }),
    length: fc.integer({ min: SECOND / 10, max: 2 * SECOND }),
    seed: fc.integer({ min: 1, max: 1000 }),
  });

  test.prop([sounds], { numRuns: 6 })(
    'is scored in every window that it reaches into, exactly as without the gate',
    ({ start, length, seed }) => {
      const samples = withSound(9 * SECOND, start, noise(length, 0.1, seed));
      const [plain, gated] = [hearSamples(samples, false), hearSamples(samples, true)];
      /** A frame and its smoothing: what a sound may do at its very edge without being noticed. */
      const edge = 1024;
      const touches = (endSample: number): boolean => endSample > start + edge && endSample - windowSamples < start + length - edge;

      expect(gated.windows.map(({ endSample }) => endSample)).toEqual(plain.windows.map(({ endSample }) => endSample));
      gated.windows.forEach(({ endSample, posteriors }, i) => {
        if (touches(endSample)) expect(gated.skipped.has(endSample)).toBe(false);
        if (!gated.skipped.has(endSample)) expect(posteriors).toEqual(plain.windows[i]!.posteriors);
      });
      expect(gated.skipped.size).toBeGreaterThan(0);
    },
  );

  test('that is softer than the background is scored', () => {
    const samples = noise(9 * SECOND, 0.01);
    const soft = noise(SECOND / 2, 0.008, 2); // together 2 dB louder than the background alone
    soft.forEach((sample, i) => (samples[6 * SECOND + i]! += sample));

    const { windows, skipped } = hearSamples(samples, true);
    const around = windows.filter(({ endSample }) => endSample >= 6.5 * SECOND && endSample <= 7 * SECOND);

    expect(skipped.size).toBeGreaterThan(0);
    expect(around.filter(({ endSample }) => skipped.has(endSample))).toEqual([]);
  });

  test.prop([chunkLengths(5000)], { numRuns: 4 })('is heard the same however the audio is cut', (lengths) => {
    const samples = withSound(8 * SECOND, SETTLED, babble(SECOND, 3));

    expect(hearSamples(samples, true, lengths)).toEqual(hearSamples(samples, true));
  });
});

test('after lost audio everything is scored until the background is known again', () => {
  const chunks = cutBytes(encodePcm(noise(7 * SECOND, 0.01), 'pcm_f32le'), [SECOND], 4);

  const { windows, skipped } = hear({ classifier, input: INPUT, skipsSilence: true }, chunks, (spotter, i) => {
    if (i === 6) spotter.skip(SECOND);
  });

  expect(windows.slice(-2).map(({ endSample }) => skipped.has(endSample))).toEqual([true, false]);
  expect(windows.at(-1)).toMatchObject({ endSample: 8 * SECOND });
});

describe('the level of a frame', () => {
  const conventions = fc.record({
    dct: fc.constantFrom('orthonormal' as const, 'unscaled' as const, 'none' as const),
    logarithm: fc.constantFrom('log' as const, 'db' as const, 'log1p' as const),
    spectrum: fc.constantFrom('power' as const, 'magnitude' as const),
  });

  test.prop([conventions, fc.integer({ min: 2, max: 20 })], { numRuns: 30 })(
    'rises by the dB that the samples rise by, whatever the conventions',
    (convention, factor) => {
      const config: FeatureConfig = { ...DEFAULT_FEATURES, ...convention };
      const samples = noise(512, 0.01);
      const levelOf = (frame: Float32Array): number => {
        const out = new Float32Array(config.coefficients);
        new MfccExtractor(config).extract(frame, 1, out);
        return new FrameLevel(config).of(out, 0);
      };

      const rise = levelOf(samples.map((sample) => factor * sample)) - levelOf(samples);

      expect(Math.abs(rise - 20 * Math.log10(factor))).toBeLessThan(0.05);
    },
  );
});

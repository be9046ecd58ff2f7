import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { fc, test as property } from '@fast-check/vitest';
import { beforeAll, describe, expect, test } from 'vitest';

import { samplesOf } from '#shared/features/feature-config.ts';
import type { KernelEngine } from '#shared/kernel/kernel-engine.ts';
import type { Classifier } from '#shared/model/classifier.ts';
import { strideFrames, windowFrames } from '#shared/model/manifest.ts';

import { babble, chunkLengths, cutBytes } from '../../helpers/arbitrary-audio.ts';
import { hear } from '../../helpers/hear.ts';
import { KERNEL_VARIANTS, testKernelEngine } from '../../helpers/kernel.ts';
import { tinyArtefact } from '../../helpers/tiny-model.ts';

const STREAMING_TOLERANCE = 1e-5;
/** Resampling by float32 sums instead of float64 ones moves features a little. */
const REFERENCE_TOLERANCE = 1e-4;
const SAMPLES_PER_HOUR = 16_000 * 3600;
/** A single number kept per stride would be 360 kB after an hour. */
const HEAP_TOLERANCE_BYTES = 200_000;
/** It takes three seconds of a free core. */
const HOUR_TIMEOUT_MS = 120_000;

let engine: KernelEngine;

describe.each(KERNEL_VARIANTS)('a stream through the kernel, built for %s', (variant) => {
  beforeAll(async () => {
    engine = await testKernelEngine(variant);
  });

  property.prop([fc.integer({ min: 16_000, max: 40_000 }), fc.integer(), chunkLengths(20_000)], { numRuns: 25 })(
    'gives each window the posteriors that it has alone, however the audio is cut',
    async (samples, seed, lengths) => {
      const classifier = engine.load(await tinyArtefact());
      const { manifest, extractor } = classifier;
      const audio = babble(samples, seed);
      const bytes = new Uint8Array(audio.buffer);

      const { windows } = hear({ classifier, input: { sampleRateHz: 16_000 } }, cutBytes(bytes, lengths, 4));

      expect(windows.length).toBe(Math.floor((samples - manifest.windowSamples) / manifest.strideSamples) + 1);
      const alone = classifier.openStream();
      const frames = new Float32Array(windowFrames(manifest) * manifest.features.coefficients);
      for (const { endSample, posteriors } of windows) {
        extractor.extract(audio.subarray(endSample - manifest.windowSamples, endSample), windowFrames(manifest), frames);
        alone.reset();
        const expected = alone.advance(frames);
        posteriors.forEach((posterior, i) => expect(Math.abs(posterior - expected[i]!)).toBeLessThan(STREAMING_TOLERANCE));
      }
      alone.close();
      classifier.close();
    },
  );

  test.each([8000, 44_100, 48_000])(
    'resamples from %i Hz in the kernel, and hears what it hears after plain resampling',
    async (sampleRateHz) => {
      const kernel = engine.load(await tinyArtefact());
      const { manifest, extractor } = kernel;
      const plain: Classifier = { manifest, extractor, openStream: () => kernel.openStream(), close: () => undefined };
      const bytes = new Uint8Array(babble(2 * sampleRateHz, 3).buffer);

      const [fast, slow] = [kernel, plain].map((classifier) => hear({ classifier, input: { sampleRateHz } }, [bytes]).windows);

      expect(fast!.length).toBe(13);
      fast!.forEach(({ posteriors }, window) => {
        posteriors.forEach((posterior, i) => expect(Math.abs(posterior - slow![window]!.posteriors[i]!)).toBeLessThan(REFERENCE_TOLERANCE));
      });
      kernel.close();
    },
  );

  const poisons: Record<string, (i: number) => number> = {
    silence: () => 0,
    'a full-scale square wave': (i) => (i % 100 < 50 ? 1 : -1),
    denormals: (i) => (i % 5) * 1e-41,
    'not-a-numbers': () => NaN,
    infinities: (i) => (i % 2 === 0 ? Infinity : -Infinity),
  };
  test.each(Object.entries(poisons))('hears after a second of %s as if it had not been', async (_, poison) => {
    const classifier = engine.load(await tinyArtefact());
    const { strideSamples } = classifier.manifest;
    const poisonedSamples = 13 * strideSamples; // more than a second, and whole strides: later windows hold the same samples
    const clean = babble(16_000 + 10 * strideSamples, 8);
    const both = new Float32Array(poisonedSamples + clean.length);
    both.set(Float32Array.from({ length: poisonedSamples }, (__, i) => poison(i)));
    both.set(clean, poisonedSamples);

    const expected = posteriorsOf(classifier, clean);
    const actual = posteriorsOf(classifier, both);

    expect(actual.flat().every(Number.isFinite)).toBe(true);
    actual.slice(-expected.length).forEach((posteriors, window) => {
      posteriors.forEach((posterior, i) => expect(Math.abs(posterior - expected[window]![i]!)).toBeLessThan(STREAMING_TOLERANCE));
    });
    classifier.close();
  });

  test(
    'keeps nothing of an hour of audio',
    async () => {
      const classifier = engine.load(await tinyArtefact());
      const { manifest, extractor } = classifier;
      const stream = classifier.openStream();
      const frames = new Float32Array(strideFrames(manifest) * manifest.features.coefficients);
      const audio = babble(samplesOf(strideFrames(manifest), manifest.features), 9);
      stream.advance(new Float32Array(windowFrames(manifest) * manifest.features.coefficients));
      const hearStrides = (count: number): void => {
        for (let i = 0; i < count; i++) {
          extractor.extract(audio, strideFrames(manifest), frames);
          stream.advance(frames);
        }
      };
      hearStrides(3000);
      const [heapBefore, kernelBefore] = [heapBytes(), engine.memory.totalBytes];

      hearStrides(SAMPLES_PER_HOUR / manifest.strideSamples);

      expect(heapBytes() - heapBefore).toBeLessThan(HEAP_TOLERANCE_BYTES);
      expect(engine.memory.totalBytes).toBe(kernelBefore);
      stream.close();
      classifier.close();
    },
    HOUR_TIMEOUT_MS,
  );
});

function posteriorsOf(classifier: ReturnType<KernelEngine['load']>, audio: Float32Array): (readonly number[])[] {
  const { coefficients } = classifier.manifest.features;
  const { windowSamples, strideSamples } = classifier.manifest;
  const stream = classifier.openStream();
  const posteriors: number[][] = [];
  for (let end = windowSamples; end <= audio.length; end += strideSamples) {
    const frames = end === windowSamples ? windowFrames(classifier.manifest) : strideFrames(classifier.manifest);
    const features = new Float32Array(frames * coefficients);
    // frames fill a window up to 128 samples from its end
    const lastFrameEnd = end - windowSamples + samplesOf(windowFrames(classifier.manifest), classifier.manifest.features);
    const start = lastFrameEnd - samplesOf(frames, classifier.manifest.features);
    classifier.extractor.extract(audio.subarray(start), frames, features);
    posteriors.push([...stream.advance(features)]);
  }
  stream.close();
  return posteriors;
}

function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}

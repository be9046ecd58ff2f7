import { fc, test as property } from '@fast-check/vitest';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';

import { createKernelEngine, type KernelEngine } from '#shared/kernel/kernel-engine.ts';
import type { Artefact } from '#shared/model/artefact.ts';
import { referenceEngine } from '#shared/model/reference-engine.ts';

import { KERNEL_VARIANTS, testKernelEngine } from '../../helpers/kernel.ts';
import { framesOf, strideOf, windowOf } from '../../helpers/random-frames.ts';
import { modelOf, modelRecipe } from '../../helpers/random-model.ts';
import { tinyArtefact } from '../../helpers/tiny-model.ts';

/** Float32 sums in another order, and exponentials to 2e-7. */
const REFERENCE_TOLERANCE = 1e-4;
const STREAMING_TOLERANCE = 1e-5;
const LABELS = 4;

let engine: KernelEngine;

afterEach(() => {
  expect(engine.memory.usedBytes, 'every model and stream gave its memory back').toBe(0);
});

describe.each(KERNEL_VARIANTS)('the kernel engine, built for %s', (variant) => {
  beforeAll(async () => {
    engine = await testKernelEngine(variant);
  });

  property.prop([modelRecipe, fc.integer({ min: 1, max: 12 })], { numRuns: 150 })(
    'gives what the reference gives, whatever the network, the window and the stride',
    async (recipe, windows) => {
      const artefact = await modelOf(recipe);
      const frames = framesOf(artefact.manifest, windows, recipe.seed + 1);

      const actual = scoresOf(artefact, frames, windows);

      const reference = referenceEngine.load(artefact).openStream();
      actual.forEach((posteriors, window) => {
        const expected = reference.advance(strideOf(frames, artefact.manifest, window));
        expect(largestDifference(posteriors, expected)).toBeLessThan(REFERENCE_TOLERANCE);
      });
    },
  );

  property.prop([modelRecipe, fc.integer({ min: 2, max: 12 })], { numRuns: 80 })(
    'scores every window of a stream as if it were alone',
    async (recipe, windows) => {
      const artefact = await modelOf(recipe);
      const frames = framesOf(artefact.manifest, windows, recipe.seed + 2);

      const streamed = scoresOf(artefact, frames, windows);

      const classifier = engine.load(artefact);
      const stream = classifier.openStream();
      streamed.forEach((posteriors, window) => {
        stream.reset();
        expect(largestDifference(posteriors, stream.advance(windowOf(frames, artefact.manifest, window)))).toBeLessThan(
          STREAMING_TOLERANCE,
        );
      });
      stream.close();
      classifier.close();
    },
  );

  test('keeps interleaved streams apart', async () => {
    const artefact = await tinyArtefact();
    const recordings = [1, 2, 3].map((seed) => framesOf(artefact.manifest, 15, seed));
    const alone = recordings.map((frames) => scoresOf(artefact, frames, 15));
    const classifier = engine.load(artefact);
    const streams = recordings.map(() => classifier.openStream());

    for (let window = 0; window < 15; window++) {
      streams.forEach((stream, i) => {
        expect(stream.advance(strideOf(recordings[i]!, artefact.manifest, window))).toEqual(alone[i]![window]);
      });
    }

    for (const stream of streams) stream.close();
    classifier.close();
  });

  test('keeps two models in one instance apart', async () => {
    const artefacts = [await tinyArtefact({ seed: 1 }), await tinyArtefact({ seed: 2 })];
    const frames = framesOf(artefacts[0]!.manifest, 4, 3);
    const alone = artefacts.map((artefact) => scoresOf(artefact, frames, 4));
    const classifiers = artefacts.map((artefact) => engine.load(artefact));
    const streams = classifiers.map((classifier) => classifier.openStream());

    for (let window = 0; window < 4; window++) {
      streams.forEach((stream, i) => {
        expect(stream.advance(strideOf(frames, artefacts[0]!.manifest, window))).toEqual(alone[i]![window]);
      });
    }

    for (const stream of streams) stream.close();
    for (const classifier of classifiers) classifier.close();
    expect(largestDifference(alone[0]![0]!, alone[1]![0]!)).toBeGreaterThan(0.01);
  });

  test.each([NaN, Infinity, -Infinity, 1e38, -1e38])('a frame of %d gives posteriors, and no later window remembers it', async (poison) => {
    const artefact = await tinyArtefact();
    const { manifest } = artefact;
    const clean = framesOf(manifest, 30, 5);
    const poisoned = clean.slice();
    const { coefficients } = manifest.features;
    poisoned.fill(poison, 97 * coefficients, 99 * coefficients); // first heard by window 1, last by window 12

    const expected = scoresOf(artefact, clean, 30);
    const actual = scoresOf(artefact, poisoned, 30);

    for (const posteriors of actual) expect(posteriors.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    expect(actual[0]).toEqual(expected[0]);
    expect(actual.slice(13)).toEqual(expected.slice(13));
    expect(largestDifference(actual[4]!, expected[4]!)).toBeGreaterThan(0);
  });

  test('starts over after a reset', async () => {
    const artefact = await tinyArtefact();
    const frames = framesOf(artefact.manifest, 5, 6);
    const expected = scoresOf(artefact, frames, 5);
    const classifier = engine.load(artefact);
    const stream = classifier.openStream();
    for (let window = 0; window < 4; window++) stream.advance(strideOf(framesOf(artefact.manifest, 4, 99), artefact.manifest, window));

    stream.reset();

    for (let window = 0; window < 5; window++) {
      expect(stream.advance(strideOf(frames, artefact.manifest, window))).toEqual(expected[window]);
    }
    stream.close();
    classifier.close();
  });

  test('takes exactly the frames that are due', async () => {
    const artefact = await tinyArtefact();
    const frames = framesOf(artefact.manifest, 2, 6);
    const classifier = engine.load(artefact);
    const stream = classifier.openStream();

    expect(() => stream.advance(strideOf(frames, artefact.manifest, 1))).toThrow(RangeError);
    stream.advance(strideOf(frames, artefact.manifest, 0));
    expect(() => stream.advance(strideOf(frames, artefact.manifest, 0))).toThrow(RangeError);
    stream.close();
    expect(() => stream.advance(strideOf(frames, artefact.manifest, 1))).toThrow(TypeError);
    stream.close();
    classifier.close();
  });

  test('refuses to free a model that streams still use', async () => {
    const classifier = engine.load(await tinyArtefact());
    const stream = classifier.openStream();

    expect(() => classifier.close()).toThrow(TypeError);

    stream.close();
    classifier.close();
  });

  test('takes no more memory for the hundredth model and stream than for the first', async () => {
    const artefact = await tinyArtefact();
    const openAndClose = (): void => {
      const classifier = engine.load(artefact);
      const streams = Array.from({ length: 20 }, () => classifier.openStream());
      for (const stream of streams) stream.close();
      classifier.close();
    };
    openAndClose();
    const { totalBytes } = engine.memory;

    for (let i = 0; i < 100; i++) openAndClose();

    expect(engine.memory.totalBytes).toBe(totalBytes);
  });

  test('refuses a layer it does not know by its name', async () => {
    const artefact = await tinyArtefact();
    const [first, ...rest] = artefact.manifest.topology;
    const topology = [{ ...first!, type: 'gru', name: 'gates' }, ...rest] as unknown as Artefact['manifest']['topology'];

    const load = (): unknown => engine.load({ ...artefact, manifest: { ...artefact.manifest, topology } });

    expect(load).toThrow(
      expect.objectContaining({ code: 'unsupported_topology', message: expect.stringMatching(/gru \(gates\)/) as string }),
    );
  });

  test('refuses a model whose sessions would be too large', async () => {
    const topology = [
      { type: 'lstm' as const, name: 'wide', units: 1024 },
      { type: 'last_state' as const, name: 'last' },
      { type: 'dense' as const, name: 'dense', units: LABELS },
    ];
    const artefact = await tinyArtefact({ topology, windowSamples: 48_000, strideSamples: 160 });

    expect(() => engine.load(artefact)).toThrow(expect.objectContaining({ code: 'unsupported_topology' }));
  });

  test('says that it is unavailable when its module is broken', async () => {
    await expect(createKernelEngine(Uint8Array.of(1, 2, 3))).rejects.toMatchObject({ code: 'kernel_unavailable' });
  });
});

/** The posteriors of the first windows of one stream of its own. */
function scoresOf(artefact: Artefact, frames: Float32Array, windows: number): Float32Array[] {
  const classifier = engine.load(artefact);
  const stream = classifier.openStream();
  const scores = Array.from({ length: windows }, (_, window) => stream.advance(strideOf(frames, artefact.manifest, window)).slice());
  stream.close();
  classifier.close();
  return scores;
}

/** NaN, where either holds one. */
function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}

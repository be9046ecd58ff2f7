/** Finding a word in a recording of some seconds. */

import { fc, test as propertyTest } from '@fast-check/vitest';
import { expect, test } from 'vitest';

import { energyShare, findWord, windowAround } from '../../../../../services/trainer/corpus/alignment/word-bounds.ts';
import { randomFor } from '../../../../../services/trainer/random.ts';

const SECOND = 16_000;
/** Frames are 10 ms, and a frame that is a word only in part may count or not. */
const TOLERANCE = 2 * 160;

propertyTest.prop(
  [
    fc.record({
      start: fc.integer({ min: 2000, max: 25_000 }),
      length: fc.integer({ min: 3200, max: 15_000 }),
      noiseDb: fc.integer({ min: -80, max: -38 }),
      seed: fc.integer(),
      paddingSamples: fc.integer({ min: 0, max: SECOND }),
    }),
  ],
  { numRuns: 30 },
)('finds a tone in noise, wherever and however long it is', ({ start, length, noiseDb, seed, paddingSamples }) => {
  const recording = tonesInNoise([{ start, length }], { seconds: 3, noiseDb, seed });
  const padded = new Float32Array(recording.length + paddingSamples);
  padded.set(recording);

  const word = findWord(padded)!;

  expect(Math.abs(word.startSample - start)).toBeLessThanOrEqual(TOLERANCE);
  expect(Math.abs(word.endSample - start - length)).toBeLessThanOrEqual(TOLERANCE);
  const window = windowAround(padded, word, SECOND);
  expect(energyShare(padded, { startSample: start, endSample: start + length }, window)).toBeGreaterThan(0.99);
});

test('a pause inside a name of two words does not end it; a cough long before it is no part of it', () => {
  const recording = tonesInNoise(
    [
      { start: 2000, length: 2400 },
      { start: 24_000, length: 6000 },
      { start: 24_000 + 6000 + 4000, length: 5000 },
    ],
    { seconds: 3, noiseDb: -60, seed: 1 },
  );

  const { startSample: start, endSample: end, energyInside } = findWord(recording)!;

  expect(start).toBeGreaterThan(23_500);
  expect(end).toBeGreaterThan(38_700);
  expect(energyInside).toBeCloseTo(11_000 / 13_400, 1);
});

test('nothing stands out of steady noise, nor of silence', () => {
  expect(findWord(tonesInNoise([], { seconds: 2, noiseDb: -30, seed: 3 }))).toBeUndefined();
  expect(findWord(new Float32Array(2 * SECOND))).toBeUndefined();
});

test('the window does not leave a recording that is long enough', () => {
  const samples = new Float32Array(2 * SECOND);

  expect(windowAround(samples, { startSample: 0, endSample: 8000 }, SECOND)).toEqual({ startSample: 0, endSample: SECOND });
  expect(windowAround(samples, { startSample: 24_000, endSample: 32_000 }, SECOND)).toEqual({ startSample: SECOND, endSample: 2 * SECOND });
  expect(windowAround(samples.subarray(0, 12_000), { startSample: 2000, endSample: 8000 }, SECOND)).toEqual({
    startSample: -2000,
    endSample: 14_000,
  });
});

test('of a word longer than the window the part with the most sound is kept', () => {
  const recording = tonesInNoise([{ start: 16_000, length: 12_000 }], { seconds: 3, noiseDb: -70, seed: 4 });

  const { startSample: start, endSample: end } = windowAround(recording, { startSample: 8000, endSample: 40_000 }, SECOND);

  expect(start).toBeLessThanOrEqual(16_000);
  expect(end).toBeGreaterThanOrEqual(28_000);
});

interface Tone {
  readonly start: number;
  readonly length: number;
}

function tonesInNoise(
  tones: readonly Tone[],
  { seconds, noiseDb, seed }: { seconds: number; noiseDb: number; seed: number },
): Float32Array {
  const random = randomFor(seed);
  const amplitude = 10 ** (noiseDb / 20) * Math.sqrt(3); // of uniform noise with this RMS
  const samples = Float32Array.from({ length: seconds * SECOND }, () => random.between(-amplitude, amplitude));
  for (const { start, length } of tones) for (let n = start; n < start + length; n++) samples[n]! += 0.3 * Math.sin(0.3 * n);
  return samples;
}

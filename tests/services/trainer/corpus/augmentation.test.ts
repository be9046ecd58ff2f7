/** Augmentation moves, scales and mixes as configured, and nothing more. */

import { expect, test } from 'vitest';

import {
  addNoise,
  fillWithNoise,
  maskBands,
  placeCrop,
  placePartOfWord,
  placeWord,
} from '../../../../services/trainer/corpus/augmentation.ts';
import type { AugmentationConfig } from '../../../../services/trainer/config.ts';
import { composeConfig } from '../../../../services/trainer/configuration/compose.ts';
import { storeOf } from '../../../../services/trainer/corpus/sample-store.ts';
import { randomFor } from '../../../../services/trainer/random.ts';

const { config: DEFAULT_CONFIG } = await composeConfig();
const PLAIN: AugmentationConfig = {
  ...DEFAULT_CONFIG.augmentation,
  speed: [1, 1],
  shiftMs: [0, 0],
  snrDb: [10, 10],
  silenceDb: [-40, -40],
};

function clipOf(samples: number): Int16Array {
  return Int16Array.from({ length: samples }, (_, n) => Math.round(10_000 * Math.sin(n / 5)));
}

test('leaves a clip of one window as it is at speed 1 and shift 0, but for the last sample, which has no neighbour', () => {
  const clip = clipOf(16_000);
  const window = new Float32Array(16_000);

  placeWord(clip, PLAIN, { random: randomFor(1), window });

  expect(window.subarray(0, -1)).toEqual(Float32Array.from(clip.subarray(0, -1), (sample) => sample / 32_768));
});

test('shifts a word to the right by a positive number of milliseconds', () => {
  const clip = new Int16Array(16_000);
  clip[8000] = 16_384;
  const window = new Float32Array(16_000);

  placeWord(clip, { ...PLAIN, shiftMs: [100, 100] }, { random: randomFor(1), window });

  expect(window.indexOf(0.5)).toBe(9600);
});

test('leaves only the beginning or the end of a word as a part of it', () => {
  const clip = new Int16Array(16_000).fill(1000, 4000, 12_000);
  const window = new Float32Array(16_000);

  for (let seed = 0; seed < 20; seed++) {
    placePartOfWord(clip, { ...PLAIN, partialShiftMs: [550, 550] }, { random: randomFor(seed), window });

    const heard = window.filter((sample) => sample !== 0).length;
    expect(heard).toBeGreaterThan(3000);
    expect(heard).toBeLessThan(3400);
  }
});

test('places a recording that is shorter than the window whole', () => {
  const clip = new Int16Array(4000).fill(3277);
  const window = new Float32Array(16_000);

  placeCrop(clip, { random: randomFor(5), window });

  expect(window.filter((sample) => sample !== 0)).toHaveLength(4000);
});

test('adds noise at the signal-to-noise ratio it is told', () => {
  const word = Float32Array.from({ length: 16_000 }, (_, n) => 0.3 * Math.sin(n / 3));
  const window = word.slice();

  addNoise(window, PLAIN, { random: randomFor(2), noise: noiseStore() });

  const noise = window.map((sample, n) => sample - word[n]!);
  expect(20 * Math.log10(rmsOf(word) / rmsOf(noise))).toBeCloseTo(10, 3);
});

test('fills a window of silence at the level it is told', () => {
  const window = new Float32Array(16_000);

  fillWithNoise(window, PLAIN, { random: randomFor(3), noise: noiseStore() });

  expect(20 * Math.log10(rmsOf(window))).toBeCloseTo(-40, 2);
});

test('every second of noise is heard as often, in a long recording or in many short ones', () => {
  const [long, short] = [new Int16Array(320_000).fill(1000), new Int16Array(16_000).fill(-1000)];
  const noise = storeOf([...Array.from({ length: 20 }, () => short), long]);
  const window = new Float32Array(16_000);
  let fromLong = 0;
  for (let seed = 0; seed < 400; seed++) {
    fillWithNoise(window, PLAIN, { random: randomFor(seed), noise });
    if (window[8000]! > 0) fromLong++;
  }

  expect(fromLong / 400).toBeCloseTo(0.5, 1);
});

test('masks no more than the configured stretches of time and bands', () => {
  const [frames, bands] = [97, 40];
  const logMel = Float32Array.from({ length: frames * bands }, (_, i) => 5 + (i % 7));
  const masked = logMel.slice();
  const augmentation = { ...PLAIN, timeMasks: 1, timeMaskFrames: 10, bandMasks: 1, bandMaskBands: 4 };

  maskBands(masked, { bands, augmentation, random: randomFor(11) });

  const changed = masked.filter((value, i) => value !== logMel[i]).length;
  expect(changed).toBeGreaterThan(0);
  expect(changed).toBeLessThanOrEqual(10 * bands + 4 * frames);
});

function noiseStore() {
  const samples = new Int16Array(new SharedArrayBuffer(2 * 40_000));
  const random = randomFor(9);
  for (let n = 0; n < samples.length; n++) samples[n] = random.between(-2000, 2000);
  return { samples, starts: Float64Array.of(0, samples.length) };
}

function rmsOf(window: Float32Array): number {
  return Math.sqrt(window.reduce((sum, sample) => sum + sample * sample, 0) / window.length);
}

/** Streams made of words, speech and noise. */

import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';

import type { SampleStore } from '../../../../services/trainer/corpus/sample-store.ts';
import { clipsScene, speechScene, wordScene, type Condition, type SceneMaterial } from '../../../../services/trainer/evaluation/scene.ts';
import { activeRms } from '../../../../services/trainer/evaluation/word-span.ts';
import { randomFor } from '../../../../services/trainer/random.ts';

const CLEAN: Condition = { name: 'clean', snrDb: undefined };
const WORDS = [burst(0.3, 12_000), burst(0.5, 700)];
const MATERIAL: SceneMaterial = { speech: storeOf([burst(4, 5000)]), noise: storeOf([hiss(3, 300), hiss(2, 9000)]), seed: 3 };

test('brings every word to the same level and says where it is', () => {
  const { samples, words } = wordScene(WORDS, { material: MATERIAL, condition: CLEAN, speechWithout: [0] });

  const levels = words.map(({ startSample, endSample }) => db(activeRms(samples.subarray(startSample, endSample)) / 32_768));
  expect(levels[0]).toBeCloseTo(-26, 0);
  expect(levels[1]).toBeCloseTo(-26, 0);
  expect(words.map(({ startSample, endSample }) => (endSample - startSample) / 16_000)).toEqual([
    expect.closeTo(0.3, 1),
    expect.closeTo(0.5, 1),
  ]);
});

property.prop([fc.integer({ min: -5, max: 30 })], { numRuns: 12 })('lays noise under speech at the ratio asked for', (snrDb) => {
  const quiet = { ...MATERIAL, speech: storeOf([new Int16Array(64_000)]) };
  const spoken = speechScene(0, { material: MATERIAL, condition: CLEAN });
  const noise = speechScene(0, { material: quiet, condition: { name: '', snrDb } });

  expect(db(activeRms(spoken) / activeRms(noise))).toBeCloseTo(snrDb, 0);
});

test('gives the same stream for the same seed, and another for another', () => {
  const render = (seed: number): Int16Array =>
    wordScene(WORDS, { material: { ...MATERIAL, seed }, condition: { name: '', snrDb: 10 }, speechWithout: [0] }).samples;

  expect(render(1)).toEqual(render(1));
  expect(render(2)).not.toEqual(render(1));
});

test('places the words alike under every condition, so that conditions can be compared', () => {
  const place = (condition: Condition) => wordScene(WORDS, { material: MATERIAL, condition, speechWithout: [0] }).words;

  expect(place({ name: '', snrDb: 0 })).toEqual(place(CLEAN));
});

test('puts clips one after the other with pauses between, all as loud, at the same places under every condition', () => {
  const render = (condition: Condition): Int16Array => clipsScene(WORDS, { material: MATERIAL, condition, index: 0 });
  const clean = render(CLEAN);

  const spoken = wordSpans(clean);
  expect(spoken.map(({ seconds }) => seconds)).toEqual([expect.closeTo(0.3, 1), expect.closeTo(0.5, 1)]);
  for (const { level } of spoken) expect(level).toBeCloseTo(-26, 0);
  expect(clean.length / 16_000).toBeGreaterThan(0.3 + 0.5 + 2 * 0.25);
  expect(render({ name: '', snrDb: 10 })).toHaveLength(clean.length);
});

test('takes speech only from recordings without the word', () => {
  const material = { ...MATERIAL, speech: storeOf([burst(4, 5000), new Int16Array(64_000)]) };

  const { samples, words } = wordScene(WORDS, { material, condition: CLEAN, speechWithout: [1] });

  expect(activeRms(samples.subarray(0, words[0]!.startSample))).toBeLessThan(50);
});

/** The stretches of sound between pauses. */
function wordSpans(stream: Int16Array): { seconds: number; level: number }[] {
  const frames = Array.from({ length: Math.floor(stream.length / 160) }, (_, i) => stream.subarray(i * 160, (i + 1) * 160));
  const isLoud = frames.map((frame) => activeRms(frame) > 300);
  const starts = isLoud.flatMap((loud, i) => (loud && !isLoud[i - 1] ? [i] : []));
  return starts.map((start) => {
    const end = isLoud.indexOf(false, start);
    return { seconds: (end - start) / 100, level: db(activeRms(stream.subarray(start * 160, end * 160)) / 32_768) };
  });
}

function burst(seconds: number, amplitude: number): Int16Array {
  return Int16Array.from({ length: seconds * 16_000 }, (_, n) => amplitude * Math.sin(n / 3));
}

function hiss(seconds: number, amplitude: number): Int16Array {
  const random = randomFor(amplitude);
  return Int16Array.from({ length: seconds * 16_000 }, () => random.between(-amplitude, amplitude));
}

function storeOf(recordings: readonly Int16Array[]): SampleStore {
  const starts = Float64Array.of(0, ...recordings.map((_, i) => recordings.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0)));
  const samples = new Int16Array(new SharedArrayBuffer(2 * starts.at(-1)!));
  recordings.forEach((recording, i) => samples.set(recording, starts[i]));
  return { samples, starts };
}

function db(ratio: number): number {
  return 20 * Math.log10(ratio);
}

/** Operating points weigh words missed against words imagined. */

import { expect, test } from 'vitest';

import { tinyArtefact } from '../../../helpers/tiny-model.ts';
import { referenceEngine } from '#shared/model/reference-engine.ts';

import { figuresAt, operatingFigures, speechTracksOf, wordTrackOf } from '../../../../services/trainer/evaluation/streaming.ts';

const figures = (threshold: number, falseRejectRate: number, falseAcceptsPerHour: number) => {
  return { threshold, falseRejectRate, falseAcceptsPerHour, latencyMedianMs: 100 };
};

test('takes the lowest threshold that stays within the budget', () => {
  const chosen = operatingFigures([figures(0.9, 0.2, 0), figures(0.5, 0.05, 9), figures(0.7, 0.1, 1)], 1);

  expect(chosen.threshold).toBe(0.7);
});

test('does not buy quiet with a keyword that is hardly ever heard', () => {
  const chosen = operatingFigures([figures(0.5, 0.05, 9), figures(0.7, 0.2, 5), figures(0.9, 0.8, 0)], 1);

  expect(chosen.threshold).toBe(0.7);
});

test('misses no spoken word at threshold 0, and every one at a threshold that is never reached', async () => {
  const classifier = referenceEngine.load(await tinyArtefact());
  const store = clipsOf(3);
  const words = wordTrackOf(classifier, 'yes', { store, indices: [0, 1, 2], seed: 1 });
  const wholeStore = { samples: store.samples, starts: Float64Array.of(0, store.samples.length) };
  const speech = speechTracksOf(classifier, wholeStore, () => new Set());
  const { manifest } = classifier;

  const [never, always] = [1, 0].map((threshold) => figuresAt(threshold, { manifest, words, speech }));

  expect(never).toMatchObject({ falseRejectRate: 1, falseAcceptsPerHour: 0, latencyMedianMs: undefined });
  expect(always!.falseAcceptsPerHour).toBeGreaterThan(0);
  expect(always!.falseRejectRate).toBeLessThan(1);
});

test('counts no false accept in speech in which the keyword is really said', async () => {
  const classifier = referenceEngine.load(await tinyArtefact());
  const store = clipsOf(2);
  const words = wordTrackOf(classifier, 'yes', { store, indices: [0], seed: 1 });
  const speech = speechTracksOf(classifier, store, () => new Set(['yes']));

  expect(figuresAt(0, { manifest: classifier.manifest, words, speech }).falseAcceptsPerHour).toBe(0);
});

function clipsOf(count: number) {
  const samples = new Int16Array(new SharedArrayBuffer(2 * 16_000 * count));
  for (let n = 0; n < samples.length; n++) samples[n] = 6000 * Math.sin(n / 7) * Math.sin(n / 900);
  return { samples, starts: Float64Array.from({ length: count + 1 }, (_, i) => i * 16_000) };
}

/** Posteriors that are as sure as they are right. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { fc, test as propertyTest } from '@fast-check/vitest';
import { expect, onTestFinished, test } from 'vitest';

import { readArtefact } from '#shared/model/artefact.ts';
import { referenceEngine } from '#shared/model/reference-engine.ts';

import { loadArtefact } from '../../../../services/trainer/artefact-files.ts';
import { evaluate } from '../../../../services/trainer/evaluation/evaluate.ts';
import {
  bestTemperature,
  filesAtTemperature,
  fitTemperature,
  type JudgedClip,
} from '../../../../services/trainer/evaluation/temperature.ts';
import { randomFor } from '../../../../services/trainer/random.ts';
import { train } from '../../../../services/trainer/training/train.ts';
import { tinyArtefact } from '../../../helpers/tiny-model.ts';
import { writeToneCorpus } from '../../../helpers/tone-corpus.ts';
import { TONE_CONFIG, TONE_OPTIONS } from '../../../helpers/tone-training.ts';

/** Clips whose labels are drawn from posteriors, which a model then tells at a temperature. */
function clipsToldAt(temperature: number): JudgedClip[] {
  const random = randomFor(11);
  return Array.from({ length: 1000 }, () => {
    const logits = Array.from({ length: 4 }, () => random.between(-3, 3));
    const truth = softmax(logits);
    const drawn = random.between(0, 1);
    let [label, sum] = [0, truth[0]!];
    while (drawn > sum && label < 3) sum += truth[++label]!;
    return { posteriors: Float32Array.from(softmax(logits.map((logit) => logit / temperature))), label };
  });
}

function softmax(logits: readonly number[]): number[] {
  const exponentials = logits.map(Math.exp);
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

propertyTest.prop([fc.double({ min: 0.3, max: 3, noNaN: true })], { numRuns: 20 })(
  'are found again from any temperature that they were told at',
  (told) => {
    expect(bestTemperature(clipsToldAt(told)) * told).toBeCloseTo(bestTemperature(clipsToldAt(1)), 2);
  },
);

test('are left alone where they are right already', () => {
  expect(bestTemperature(clipsToldAt(1))).toBeCloseTo(1, 1);
});

test('at another temperature are the old ones to its inverse power', async () => {
  const artefact = await tinyArtefact();
  const sharper = await readArtefact(await filesAtTemperature(artefact, 0.5));
  const frames = new Float32Array(97 * artefact.manifest.features.coefficients).map((_, n) => Math.sin(n));
  const [before, after] = [artefact, sharper].map((model) => referenceEngine.load(model).openStream().advance(frames));

  const squares = before!.map((posterior) => posterior ** 2);
  const sum = squares.reduce((total, square) => total + square, 0);
  after!.forEach((posterior, label) => expect(posterior).toBeCloseTo(squares[label]! / sum, 5));
  expect(sharper.manifest.digest).not.toBe(artefact.manifest.digest);
});

test('are brought to it on disk once, and give the same answers', { timeout: 120_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kws-temperature-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await writeToneCorpus(directory);
  const [modelDirectory, options] = [join(directory, 'run'), { dataDirectory: directory, engine: referenceEngine }];
  const cautious = { ...TONE_CONFIG, training: { ...TONE_CONFIG.training, labelSmoothing: 0.4 } };
  await train(cautious, { ...TONE_OPTIONS, dataDirectory: directory, runDirectory: modelDirectory });
  const before = await evaluate({ ...options, modelDirectory, split: 'validation' });

  const temperature = await fitTemperature({ ...options, modelDirectory });
  const again = await fitTemperature({ ...options, modelDirectory });

  const after = await evaluate({ ...options, modelDirectory, split: 'validation' });
  expect(temperature).toBeLessThan(0.9);
  expect(again).toBe(1);
  expect(after.allLabels).toEqual(before.allLabels);
  expect(after.reliability.expectedCalibrationError).toBeLessThan(before.reliability.expectedCalibrationError);
  expect((await loadArtefact(modelDirectory)).manifest.digest).toBe(after.model.digest);
});

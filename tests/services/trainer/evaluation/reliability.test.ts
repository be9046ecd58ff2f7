/** Whether a model is as sure as it is right. */

import { expect, test } from 'vitest';

import { reliabilityOf } from '../../../../services/trainer/evaluation/reliability.ts';

const answer = (isRight: boolean, probability: number) => ({ truth: 'yes', predicted: isRight ? 'yes' : 'no', probability });

test('a model that is as right as it is sure has no calibration error', () => {
  const answers = [answer(true, 0.75), answer(true, 0.75), answer(true, 0.75), answer(false, 0.75)];

  expect(reliabilityOf(answers).expectedCalibrationError).toBeCloseTo(0);
});

test('the error is the gap between confidence and accuracy, weighted by clips', () => {
  const answers = [answer(true, 1), answer(false, 1), answer(true, 0.5), answer(true, 0.5)];

  const { expectedCalibrationError, bins } = reliabilityOf(answers);

  expect(expectedCalibrationError).toBeCloseTo(0.5);
  expect(bins.at(-1)).toMatchObject({ clips: 2, confidence: 1, accuracy: 0.5, high: 1 });
  expect(bins.reduce((sum, { clips }) => sum + clips, 0)).toBe(4);
});

test('no answers are no error', () => {
  expect(reliabilityOf([]).expectedCalibrationError).toBe(0);
});

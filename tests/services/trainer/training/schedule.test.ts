/** The learning rate rises, then falls to nothing. */

import { expect, test } from 'vitest';

import { learningRateAt } from '../../../../services/trainer/training/schedule.ts';

const SCHEDULE = { peak: 0.002, warmUpSteps: 10, totalSteps: 110 };

test('rises evenly to the peak', () => {
  expect(learningRateAt(0, SCHEDULE)).toBeCloseTo(0.0002);
  expect(learningRateAt(9, SCHEDULE)).toBeCloseTo(0.002);
});

test('is half the peak half-way down and nothing at the end', () => {
  expect(learningRateAt(60, SCHEDULE)).toBeCloseTo(0.001);
  expect(learningRateAt(110, SCHEDULE)).toBeCloseTo(0);
});

test('never rises after the warm-up', () => {
  const rates = Array.from({ length: 100 }, (_, i) => learningRateAt(10 + i, SCHEDULE));

  expect(rates.every((rate, i) => i === 0 || rate <= rates[i - 1]!)).toBe(true);
});

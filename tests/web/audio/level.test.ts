/** Holds the level meter to decibels. */

import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';

import { fallingLevel, meterPosition, shownLevel } from '../../../web/audio/level.ts';

const anyRms = fc.double({ min: 0, max: 1, noNaN: true });

test.each([
  [0, 0],
  [0.0005, 0],
  [10 ** (-30 / 20), 0.5],
  [1, 1],
  [NaN, 0],
])('an RMS of %d stands at %d', (rms, position) => {
  expect(meterPosition(rms)).toBeCloseTo(position, 10);
});

property.prop([anyRms, anyRms])('louder never stands lower', (a, b) => {
  expect(meterPosition(Math.max(a, b))).toBeGreaterThanOrEqual(meterPosition(Math.min(a, b)));
});

test('the needle jumps up at once and sinks back slowly', () => {
  expect(fallingLevel(0, 1)).toBe(1);
  expect(fallingLevel(1, 0)).toBeCloseTo(0.8, 10);
});

property.prop([fc.double({ min: 0, max: 1, noNaN: true })])(
  'what is shown is nearly the level, in steps that are there again and again',
  (level) => {
    expect(Math.abs(shownLevel(level) - level)).toBeLessThanOrEqual(1 / 80 + 1e-12);
    expect(shownLevel(shownLevel(level))).toBe(shownLevel(level));
  },
);

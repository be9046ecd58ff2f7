/** Holds the level meter to decibels. */

import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';

import { meterPosition, Needle } from '../../../web/audio/level.ts';

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
  const needle = new Needle();

  expect(needle.push(1)).toBe(1);
  expect(needle.push(0)).toBeCloseTo(0.64, 1);
});

property.prop([fc.array(anyRms, { maxLength: 30 })])(
  'the needle tells where it stands, nearly, and only when that has changed',
  (levels) => {
    const needle = new Needle();
    let exact = 0;
    let shown = 0;

    for (const rms of levels) {
      exact = Math.max(meterPosition(rms), 0.64 * exact);
      const told = needle.push(rms);
      expect(told).not.toBe(shown);
      shown = told ?? shown;
      expect(Math.abs(shown - exact)).toBeLessThanOrEqual(1 / 80 + 1e-12);
    }
  },
);

test('a needle at rest says nothing', () => {
  const needle = new Needle();
  needle.push(0.5);
  for (let i = 0; i < 20; i++) needle.push(0);

  expect(needle.push(0)).toBeUndefined();
});

/** Holds what the page writes to what people read. */

import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';

import { formatPercent, formatTime, labelText } from '../../../web/app/format.ts';

describe('a time', () => {
  test.each([
    [0, '00:00.000'],
    [999.6, '00:01.000'],
    [83_007, '01:23.007'],
    [3_600_000, '60:00.000'],
  ])('of %d ms is written %s', (milliseconds, text) => {
    expect(formatTime(milliseconds)).toBe(text);
  });

  property.prop([fc.nat({ max: 100 * 60_000 - 1 })])('reads back as the same number of milliseconds', (milliseconds) => {
    const [minutes, seconds] = formatTime(milliseconds).split(':').map(Number);

    expect(Math.round((minutes! * 60 + seconds!) * 1000)).toBe(milliseconds);
  });
});

describe('a probability', () => {
  test.each([
    [0, '0 %'],
    [0.001, '< 1 %'],
    [0.496, '50 %'],
    [0.999, '99 %'],
    [1, '100 %'],
  ])('of %d is written %s, so that only certainty looks certain', (probability, text) => {
    expect(formatPercent(probability)).toBe(text);
  });
});

test('labels that are no words of a language are put into words', () => {
  expect(['_unknown_', '_silence_', 'yes', 'smart_mirror'].map(labelText)).toEqual(['another word', 'no speech', 'yes', 'smart mirror']);
});

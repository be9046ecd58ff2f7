/** A word that two sessions heard is told once; a word that was said twice is told twice. */

import { expect, test } from 'vitest';

import { ToldKeywords } from '#shared/client/told-keywords.ts';

const SECOND = 16_000;

test('tells every hearing of one session', () => {
  const told = new ToldKeywords();

  expect([1000, 2000, 3000].map((endSample) => told.tell({ keyword: 'yes', endSample }))).toEqual([true, true, true]);
});

test.each([
  ['later', 10_000, 12_000],
  ['earlier', 12_000, 10_000],
])('tells a word once that the second session heard a little %s', (_, first, second) => {
  const told = new ToldKeywords();
  told.tell({ keyword: 'yes', endSample: first });
  told.share(14_000);

  expect(told.tell({ keyword: 'yes', endSample: second })).toBe(false);
  expect(told.tell({ keyword: 'no', endSample: second })).toBe(true);
});

test('tells a word again that comes a window later, or after the audio that both were given', () => {
  const told = new ToldKeywords();
  told.tell({ keyword: 'yes', endSample: SECOND });
  told.share(SECOND);

  expect(told.tell({ keyword: 'yes', endSample: 2 * SECOND })).toBe(true);
  expect(told.tell({ keyword: 'yes', endSample: 2 * SECOND + 100 })).toBe(true);
});

/** Where two sessions were given the same audio, each word is told once, by the session that heard all of it. */

import { describe, expect, test } from 'vitest';

import { ToldKeywords } from '#shared/client/told-keywords.ts';

const SECOND = 16_000;
const STRIDE = 1280;
/** The second session is given two of four seconds again. */
const SEAM = { fromSample: 2 * SECOND, untilSample: 4 * SECOND, windowSamples: SECOND, strideSamples: STRIDE };
const LAST_WINDOW_END = SEAM.untilSample - 100;

const hear = (keyword: string, endSample: number) => ({ keyword, endSample });

test('tells every hearing of one session', () => {
  const told = new ToldKeywords();

  expect([1000, 2000, 3000].map((endSample) => told.tell(hear('yes', endSample)))).toEqual([true, true, true]);
});

describe('after a session that told all it heard', () => {
  function seamAfter(...words: readonly (readonly [string, number])[]): ToldKeywords {
    const told = new ToldKeywords();
    for (const [keyword, endSample] of words) told.tell(hear(keyword, endSample));
    told.share(SEAM);
    return told;
  }

  test('tells nothing of what that one has heard, whatever it is taken for now', () => {
    const told = seamAfter(['stop', 2.5 * SECOND]);
    told.formerEnded();

    expect(['stop', 'up'].map((keyword) => told.tell(hear(keyword, SEAM.untilSample - STRIDE)))).toEqual([false, false]);
    expect(told.tell(hear('up', SEAM.untilSample - STRIDE + 1))).toBe(true);
  });

  test('tells a word once that ends on both sides of the seam', () => {
    const told = seamAfter();
    expect(told.tellOfFormer(hear('yes', SEAM.untilSample - STRIDE))).toBe(true);
    told.formerEnded();

    expect(told.tell(hear('yes', SEAM.untilSample + STRIDE))).toBe(false);
    expect(told.tell(hear('no', SEAM.untilSample + STRIDE))).toBe(true);
  });

  test('leaves what that one said of its last window to the other session, wherever that hears it', () => {
    const told = seamAfter();
    expect(['yes', 'no', 'up'].map((keyword) => told.tellOfFormer(hear(keyword, LAST_WINDOW_END)))).toEqual([false, false, false]);
    told.formerEnded();

    expect(told.tell(hear('yes', SEAM.untilSample - 2 * STRIDE))).toBe(true);
    expect(told.tell(hear('no', SEAM.untilSample + STRIDE))).toBe(true);
    expect(told.tell(hear('left', SEAM.untilSample - 2 * STRIDE))).toBe(false);
  });

  test('tells what that one said of its last window where the other was given no window of it', () => {
    const told = new ToldKeywords();
    told.share({ ...SEAM, fromSample: SEAM.untilSample });

    expect(told.tellOfFormer(hear('yes', LAST_WINDOW_END))).toBe(true);
  });
});

describe('after a session that was lost', () => {
  test('tells what it may not have told, and nothing before its last word', () => {
    const told = new ToldKeywords();
    told.tell(hear('yes', 3.5 * SECOND));
    told.share(SEAM);

    expect(told.tell(hear('no', 3.5 * SECOND))).toBe(false);
    expect(told.tell(hear('yes', 3.5 * SECOND + STRIDE))).toBe(false);
    expect(told.tell(hear('no', 3.5 * SECOND + STRIDE))).toBe(true);
  });

  test('tells nothing that ends before its last posteriors', () => {
    const told = new ToldKeywords();
    expect([told.heardUntil(3.6 * SECOND), told.heardUntil(3.6 * SECOND)]).toEqual([true, false]);
    told.share(SEAM);

    expect([3.6 * SECOND, 3.6 * SECOND + 1].map((endSample) => told.tell(hear('no', endSample)))).toEqual([false, true]);
  });

  test('does not take the rest of a word that was told for another one', () => {
    const told = new ToldKeywords();
    told.tell(hear('stop', SEAM.fromSample + 0.4 * SECOND));
    told.share(SEAM);

    expect(told.tell(hear('up', SEAM.fromSample + SECOND))).toBe(false);
    expect(told.tell(hear('up', SEAM.fromSample + SECOND + 4 * STRIDE))).toBe(true);
  });

  test('tells a word of its first window if nothing was told that reaches into it', () => {
    const told = new ToldKeywords();
    told.tell(hear('stop', SEAM.fromSample));
    told.share(SEAM);

    expect(told.tell(hear('up', SEAM.fromSample + SECOND))).toBe(true);
  });
});

test('tells a word again that is said again after the seam', () => {
  const told = new ToldKeywords();
  told.tell(hear('yes', 3.5 * SECOND));
  told.share(SEAM);

  expect([4.5, 4.8, 5.5].map((seconds) => told.tell(hear('yes', seconds * SECOND)))).toEqual([true, true, true]);
});

/** Holds the counter of pictures to arithmetic. */

import { expect, test } from 'vitest';

import { FrameCounter } from '../../../web/live/frame-counter.ts';

test('pictures, late ones, the longest pause and the time spent are counted anew after each reading', () => {
  const counter = new FrameCounter();

  counter.count(0, 2);
  counter.count(16, 3);
  counter.count(66, 4);

  expect(counter.take()).toEqual({ drawn: 3, late: 1, longestMs: 50, busyMs: 9 });
  counter.count(82, 1);
  expect(counter.take()).toEqual({ drawn: 1, late: 0, longestMs: 16, busyMs: 1 });
});

/** Holds the waits between attempts to their limits. */

import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';

import { backoffMs, MAX_ATTEMPTS, wait } from '#shared/client/backoff.ts';

const attempt = fc.integer({ min: 1, max: MAX_ATTEMPTS });
const chance = fc.double({ min: 0, max: 0.999, noNaN: true });

property.prop([attempt, chance])('every wait is between a quarter of a second and fifteen', (n, luck) => {
  expect(backoffMs(n, luck)).toBeGreaterThanOrEqual(250);
  expect(backoffMs(n, luck)).toBeLessThanOrEqual(15_000);
});

property.prop([attempt, chance])('a later attempt never waits less, with the same luck', (n, luck) => {
  expect(backoffMs(n + 1, luck)).toBeGreaterThanOrEqual(backoffMs(n, luck));
});

test('clients that lost their server together come back spread over half of the wait', () => {
  expect([backoffMs(3, 0), backoffMs(3, 0.5)]).toEqual([1000, 1500]);
});

test('a wait that is given up ends at once', async () => {
  const giveUp = new AbortController();
  const waiting = wait(3_600_000, giveUp.signal);

  giveUp.abort();

  await expect(waiting).resolves.toBeUndefined();
});

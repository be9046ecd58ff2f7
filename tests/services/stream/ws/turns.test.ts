/** Nobody waits for another's backlog. */

import { setImmediate } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { Turns } from '../../../../services/stream/ws/turns.ts';

/** A clock that stands still, so that a round takes all there is. */
const standing = (): number => 0;

function taker(name: string, slices: number, log: string[]) {
  let left = slices;
  return {
    takeTurn: () => {
      log.push(name);
      return --left > 0;
    },
  };
}

test('goes round, one slice each', async () => {
  const log: string[] = [];
  const turns = new Turns(standing);
  turns.add(taker('long', 4, log));
  turns.add(taker('short', 1, log));
  turns.add(taker('middle', 2, log));

  while (!turns.isIdle) await setImmediate();

  expect(log.join(' ')).toBe('long short middle long middle long long');
});

test('lets the event loop look at other things when a round has lasted long enough', async () => {
  const log: string[] = [];
  let nowMs = 0;
  const turns = new Turns(() => (nowMs += 3));
  turns.add(taker('session', 6, log));

  for (; !turns.isIdle; log.push('other')) await setImmediate();

  expect(log.filter((name) => name === 'other').length).toBeGreaterThanOrEqual(3);
});

test('forgets who leaves', async () => {
  const log: string[] = [];
  const turns = new Turns(standing);
  const leaving = taker('gone', 5, log);
  turns.add(leaving);
  turns.remove(leaving);
  await setImmediate();

  expect(log).toEqual([]);
});

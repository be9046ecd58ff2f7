/** When a process is full. */

import { expect, test } from 'vitest';

import { LoadMeter } from '../../../../services/stream/load/load-meter.ts';

function meter() {
  const clock = { nowMs: 0 };
  const load = new LoadMeter({ maxLoad: 0.5, maxLagMs: 100, now: () => clock.nowMs });
  return { load, clock };
}

test('lets in as many as fit, by what audio was measured to cost', () => {
  const { load } = meter();
  load.record({ audioMs: 1000, busyMs: 100, waitedMs: 0 });

  for (let i = 0; i < 5; i++) {
    load.assertRoom();
    load.open();
  }

  expect(load.load).toBeCloseTo(0.5);
  expect(() => load.assertRoom()).toThrow(expect.objectContaining({ code: 'overloaded' }));
});

test('lets in another when one has gone, or has long been silent', () => {
  const { load, clock } = meter();
  load.record({ audioMs: 1000, busyMs: 240, waitedMs: 0 });
  const [first, second] = [load.open(), load.open()];
  expect(() => load.assertRoom()).toThrow(expect.objectContaining({ code: 'overloaded' }));

  first.release();
  clock.nowMs += 300;
  load.assertRoom();

  load.open();
  clock.nowMs += 1900;
  second.touch();
  clock.nowMs += 200;
  expect(load.load).toBeCloseTo(0.24);
});

test('always lets in one: a slow machine is better than none', () => {
  const { load } = meter();
  load.record({ audioMs: 1000, busyMs: 900, waitedMs: 0 });

  expect(() => load.assertRoom()).not.toThrow();
});

test('lets nobody in while audio waits too long, and forgets it', () => {
  const { load, clock } = meter();
  load.record({ audioMs: 100, busyMs: 0, waitedMs: 150 });
  load.record({ audioMs: 100, busyMs: 0, waitedMs: 1 });

  expect(() => load.assertRoom()).toThrow(expect.objectContaining({ code: 'overloaded' }));
  clock.nowMs += 1000;
  expect(() => load.assertRoom()).not.toThrow();
});

test('follows a machine that becomes slower', () => {
  const { load } = meter();
  load.record({ audioMs: 60_000, busyMs: 60, waitedMs: 0 });
  for (let i = 0; i < 100; i++) load.record({ audioMs: 6000, busyMs: 60, waitedMs: 0 });

  expect(load.costOfOne).toBeGreaterThan(0.009);
});

/** When a process is full. */

import { describe, expect, test } from 'vitest';

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
  const { load, clock } = meter();
  load.record({ audioMs: 60_000, busyMs: 60, waitedMs: 0 });
  for (let i = 0; i < 100; i++) {
    clock.nowMs += 1000;
    load.record({ audioMs: 6000, busyMs: 60, waitedMs: 0 });
  }

  expect(load.costOfOne).toBeGreaterThan(0.009);
});

test('one slow moment of hundreds of sessions is not what they cost', () => {
  const { load, clock } = meter();
  const hear = (seconds: number, busyMs: number): void => {
    for (let ms = 0; ms < 1000 * seconds; ms += 5) {
      clock.nowMs += 5;
      load.record({ audioMs: 2000, busyMs, waitedMs: 0 });
    }
  };
  hear(20, 2);
  hear(0.3, 6);

  expect(load.costOfOne).toBeLessThan(0.0011);
});

describe('the event loop', () => {
  const look = { elapsedMs: 1000, busyMs: 150, lateMs: 0 };

  test('is part of what a session costs: sockets and timers take their share', () => {
    const { load } = meter();
    load.open();
    for (let i = 0; i < 30; i++) {
      load.record({ audioMs: 1000, busyMs: 100, waitedMs: 0 });
      load.recordLoop(look);
    }

    expect(load.load).toBeCloseTo(0.15, 2);
  });

  test('says nothing of sessions while little is heard, and nothing beyond twice what hearing takes', () => {
    const { load } = meter();
    load.record({ audioMs: 1000, busyMs: 40, waitedMs: 0 });
    load.recordLoop({ ...look, busyMs: 1000 });
    expect(load.costOfOne).toBeCloseTo(0.04);

    for (let i = 0; i < 30; i++) {
      load.record({ audioMs: 1000, busyMs: 60, waitedMs: 0 });
      load.recordLoop({ ...look, busyMs: 1000 });
    }
    expect(load.costOfOne).toBeCloseTo(0.12, 2);
  });

  test("is no session's cost where it answers the door: those who are turned away keep nobody out", () => {
    const { load } = meter();
    for (let i = 0; i < 30; i++) {
      load.record({ audioMs: 1000, busyMs: 100, waitedMs: 0 });
      load.recordKnock(400);
      load.recordLoop({ ...look, busyMs: 520 });
    }

    expect(load.costOfOne).toBeCloseTo(0.12, 2);
  });

  test('that is late keeps new sessions out; a single stall does not', () => {
    const { load } = meter();
    load.recordLoop({ elapsedMs: 400, busyMs: 0, lateMs: 150 });
    expect(() => load.assertRoom()).not.toThrow();

    for (let i = 0; i < 10; i++) load.recordLoop({ elapsedMs: 400, busyMs: 0, lateMs: 150 });
    expect(() => load.assertRoom()).toThrow(expect.objectContaining({ code: 'overloaded' }));
    for (let i = 0; i < 4; i++) load.recordLoop({ elapsedMs: 250, busyMs: 0, lateMs: 0 });
    expect(() => load.assertRoom()).not.toThrow();
  });
});

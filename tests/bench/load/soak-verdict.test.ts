/** A soak judges itself: leaks, creeping latency and lost events are told, and a short one claims nothing. */

import { expect, test } from 'vitest';

import { judgeSoak } from '../../load/soak-verdict.ts';

const MINUTES = 120;
const SESSIONS = 100;
const FLAT_P99 = Array.from({ length: 12 }, () => 20);

test('memory, latency and events that stay as they are pass', () => {
  expect(judgeSoak(looks({ percentPerHour: 0.5 }), metrics({ p99Ms: FLAT_P99 }), SESSIONS)).toMatchObject({
    verdict: 'passed',
    reasons: [],
  });
});

test('memory that grows by more than a percent an hour fails, and the slope is what it grows by', () => {
  const { verdict, reasons, rssSlopePercentPerHour } = judgeSoak(looks({ percentPerHour: 3 }), metrics({ p99Ms: FLAT_P99 }), SESSIONS);

  expect(verdict).toBe('failed');
  expect(reasons).toHaveLength(1);
  expect(rssSlopePercentPerHour).toBeCloseTo(3, 0);
});

test('memory that grows while it warms up does not count', () => {
  const warming = looks({ percentPerHour: 0 }).map((look, i) => (i < 20 ? { ...look, rssBytes: look.rssBytes / 2 } : look));

  expect(judgeSoak(warming, metrics({ p99Ms: FLAT_P99 }), SESSIONS).verdict).toBe('passed');
});

test('latency that doubles fails; a few milliseconds more do not', () => {
  const creeping = FLAT_P99.map((ms, i) => (i < 6 ? ms : 2 * ms));
  const quick = FLAT_P99.map((_, i) => (i < 6 ? 3 : 6));

  expect(judgeSoak(looks({ percentPerHour: 0 }), metrics({ p99Ms: creeping }), SESSIONS).reasons).toEqual(['p99 went from 20 to 40 ms']);
  expect(judgeSoak(looks({ percentPerHour: 0 }), metrics({ p99Ms: quick }), SESSIONS).verdict).toBe('passed');
});

test('one lost event fails however short it was', () => {
  const some = looks({ percentPerHour: 0 }).slice(0, 3);

  expect(judgeSoak(some, metrics({ p99Ms: FLAT_P99, lost: 1 }), SESSIONS).verdict).toBe('failed');
  expect(judgeSoak(some, metrics({ p99Ms: FLAT_P99 }), SESSIONS).verdict).toBe('too short to judge memory');
});

test('a load with fewer sessions at once than asked for fails, however well it went', () => {
  const fewer = looks({ percentPerHour: 0 }).map((look) => ({ ...look, sessions: 80 }));

  expect(judgeSoak(fewer, metrics({ p99Ms: FLAT_P99 }), SESSIONS)).toMatchObject({
    verdict: 'failed',
    reasons: ['only 80 of 100 sessions streamed at once'],
    liveSessions: 80,
    cpuCores: 1 / 60,
  });
});

/** One a minute. */
function looks({ percentPerHour }: { readonly percentPerHour: number }) {
  return Array.from({ length: MINUTES + 1 }, (_, minute) => ({
    atMs: minute * 60_000,
    rssBytes: 1e8 * (1 + (percentPerHour / 100) * (minute / 60)),
    sessions: SESSIONS,
    cpuSeconds: minute,
    k6CpuSeconds: 0,
    k6RssBytes: 0,
  }));
}

function metrics({ p99Ms, lost = 0 }: { readonly p99Ms: readonly number[]; readonly lost?: number }) {
  const slices = p99Ms.map((ms, i) => [`kws_event_latency_ms{slice:${i}}`, { values: { count: 10, 'p(99)': ms } }] as const);
  return { kws_lost_events: { values: { count: lost } }, ...Object.fromEntries(slices) };
}

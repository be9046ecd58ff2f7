/** All connections are cut at the same moment, several times, and all come back at once. */

import execution from 'k6/execution';
import { Trend } from 'k6/metrics';
import type { Options } from 'k6/options';

import { streamThresholds } from './lib/metrics.ts';
import { openProgrammes } from './lib/programmes.ts';
import { gracefulStop, readSettings } from './lib/settings.ts';
import { streamProgramme } from './lib/stream-session.ts';
import { TREND_STATS, writeSummary } from './lib/summary.ts';
import { programmeOfTurn, wait } from './lib/turns.ts';

const settings = readSettings();
const programmes = openProgrammes();
const STORMS = 3;
/** From one cut to the next. */
const calmMs = (1000 * settings.seconds) / STORMS;
/** Clients come back within this, at random, as `shared/client` does; refused, they wait twice as long. */
const BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 4000;
/** From the cut to `ready`, for 95 of 100: the first wait, a refusal, and the second. */
const MAX_RECONNECT_P95_MS = 5000;

const reconnectMs = new Trend('kws_reconnect_ms');

export const options: Options = {
  scenarios: {
    storm: {
      executor: 'per-vu-iterations',
      vus: settings.sessions,
      iterations: 1,
      maxDuration: `${3 * settings.seconds + 60}s`,
      gracefulStop: gracefulStop(settings),
    },
  },
  thresholds: { ...streamThresholds(settings), kws_reconnect_ms: [`p(95)<${MAX_RECONNECT_P95_MS}`] },
  summaryTrendStats: TREND_STATS,
};

/** Streams until each storm; the session after the last is heard to its end. */
export default async function oneClient(): Promise<void> {
  let cutAtMs: number | undefined;
  for (let storm = 1; storm <= STORMS; storm++) {
    const stormAtMs = execution.scenario.startTime + storm * calmMs;
    await comeBack(cutAtMs, () => Math.max(1, stormAtMs - Date.now()));
    await wait(stormAtMs - Date.now()); // those whose programme ended before
    cutAtMs = Date.now();
  }
  await comeBack(cutAtMs, () => undefined);
}

/** Tries until it is let in, and streams. */
async function comeBack(sinceMs: number | undefined, cutAfterMs: () => number | undefined): Promise<void> {
  for (let backoffMs = BACKOFF_MS; ; backoffMs = Math.min(MAX_BACKOFF_MS, 2 * backoffMs)) {
    await wait(Math.random() * backoffMs);
    const cut = cutAfterMs();
    const outcome = await streamProgramme({
      url: settings.url,
      programme: programmeOfTurn(programmes),
      ...(cut !== undefined && { cutAfterMs: cut }),
      ...(sinceMs !== undefined && { onReady: () => reconnectMs.add(Date.now() - sinceMs) }),
    });
    if (outcome !== 'refused') return;
  }
}

export const handleSummary = writeSummary(settings);

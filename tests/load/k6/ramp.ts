/** Ever more sessions, until the service refuses: those it has taken must not notice. */

import execution from 'k6/execution';
import { Trend } from 'k6/metrics';
import type { Options } from 'k6/options';

import { streamThresholds } from './lib/metrics.ts';
import { openProgrammes } from './lib/programmes.ts';
import { gracefulStop, readSettings } from './lib/settings.ts';
import { streamProgramme } from './lib/stream-session.ts';
import { TREND_STATS, writeSummary } from './lib/summary.ts';
import { programmeOfTurn, RETRY_MS, wait } from './lib/turns.ts';

const settings = readSettings();
const programmes = openProgrammes();

/** How many sessions wanted to stream when one was refused. */
const sessionsAtRefusal = new Trend('kws_sessions_at_refusal');

export const options: Options = {
  scenarios: {
    ramp: {
      executor: 'ramping-vus',
      startVUs: 1,
      stages: [{ target: settings.sessions, duration: `${settings.seconds}s` }],
      gracefulStop: gracefulStop(settings),
      gracefulRampDown: gracefulStop(settings),
    },
  },
  thresholds: { ...streamThresholds(settings), kws_refused: ['count>0'] },
  summaryTrendStats: ['min', ...TREND_STATS],
};

export default async function oneSession(): Promise<void> {
  const outcome = await streamProgramme({ url: settings.url, programme: programmeOfTurn(programmes) });
  if (outcome !== 'refused') return;
  sessionsAtRefusal.add(execution.instance.vusActive);
  await wait(RETRY_MS);
}

export const handleSummary = writeSummary(settings);

/** The same number of sessions all the time, each streaming a programme and then beginning the next. */

import type { Options } from 'k6/options';

import { streamThresholds } from './lib/metrics.ts';
import { openProgrammes } from './lib/programmes.ts';
import { gracefulStop, readSettings } from './lib/settings.ts';
import { TREND_STATS, writeSummary } from './lib/summary.ts';
import { programmeOfTurn, streamOrWait, waitForTurn } from './lib/turns.ts';

const settings = readSettings();
const programmes = openProgrammes();

export const options: Options = {
  scenarios: {
    steady: {
      executor: 'constant-vus',
      vus: settings.sessions,
      duration: `${settings.seconds}s`,
      gracefulStop: gracefulStop(settings),
    },
  },
  thresholds: { ...streamThresholds(settings), kws_refused: ['count==0'] },
  summaryTrendStats: TREND_STATS,
};

export default async function oneSession(): Promise<void> {
  await waitForTurn(settings);
  await streamOrWait({ url: settings.url, programme: programmeOfTurn(programmes) });
}

export const handleSummary = writeSummary(settings);

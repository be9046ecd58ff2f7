/** Sessions for hours: the bars hold in every slice of the time, not only on the whole. */

import execution from 'k6/execution';
import type { Options } from 'k6/options';

import { streamThresholds } from './lib/metrics.ts';
import { openProgrammes } from './lib/programmes.ts';
import { gracefulStop, readSettings } from './lib/settings.ts';
import { TREND_STATS, writeSummary } from './lib/summary.ts';
import { programmeOfTurn, streamOrWait, waitForTurn } from './lib/turns.ts';

const settings = readSettings();
const programmes = openProgrammes();
const slices = Number(__ENV['SLICES'] ?? 12);
const sliceMs = (1000 * settings.seconds) / slices;

export const options: Options = {
  scenarios: {
    soak: {
      executor: 'constant-vus',
      vus: settings.sessions,
      duration: `${settings.seconds}s`,
      gracefulStop: gracefulStop(settings),
    },
  },
  thresholds: { ...streamThresholds(settings), kws_refused: ['count==0'], kws_lost_events: ['count==0'], ...sliceThresholds() },
  summaryTrendStats: TREND_STATS,
};

export default async function oneSession(): Promise<void> {
  await waitForTurn(settings);
  const slice = Math.min(slices - 1, Math.floor((Date.now() - execution.scenario.startTime) / sliceMs));
  await streamOrWait({ url: settings.url, programme: programmeOfTurn(programmes), tags: { slice: String(slice) } });
}

/** k6 gives figures of a tag only where a bar asks for them. */
function sliceThresholds(): Record<string, string[]> {
  const names = Array.from({ length: slices }, (_, i) => `kws_event_latency_ms{slice:${i}}`);
  return Object.fromEntries(names.map((name) => [name, [`p(99)<${settings.maxP99Ms}`]]));
}

export const handleSummary = writeSummary(settings);

/** A few sessions and an upload, in seconds: whether the service and this folder work at all. */

import type { Options } from 'k6/options';

import { streamThresholds } from './lib/metrics.ts';
import { openProgrammes } from './lib/programmes.ts';
import { gracefulStop, readSettings } from './lib/settings.ts';
import { streamProgramme } from './lib/stream-session.ts';
import { TREND_STATS, writeSummary } from './lib/summary.ts';
import { programmeOfTurn, waitForTurn } from './lib/turns.ts';
import { uploadProgramme } from './lib/upload-recording.ts';

const settings = readSettings();
const programmes = openProgrammes();

export const options: Options = {
  scenarios: {
    streams: {
      executor: 'per-vu-iterations',
      exec: 'oneSession',
      vus: settings.sessions,
      iterations: 1,
      maxDuration: gracefulStop(settings),
    },
    uploads: { executor: 'shared-iterations', exec: 'oneUpload', vus: 1, iterations: 2, maxDuration: gracefulStop(settings) },
  },
  thresholds: { ...streamThresholds(settings), kws_refused: ['count==0'], kws_uploads_right: ['rate==1'] },
  summaryTrendStats: TREND_STATS,
};

export async function oneSession(): Promise<void> {
  await waitForTurn(settings);
  await streamProgramme({ url: settings.url, programme: programmeOfTurn(programmes) });
}

export function oneUpload(): void {
  uploadProgramme(settings.url, programmeOfTurn(programmes));
}

export const handleSummary = writeSummary(settings);

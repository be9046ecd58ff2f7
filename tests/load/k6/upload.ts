/** Uploads of whole recordings, as fast as the answers come; a service that is at its limit says so, and is asked again. */

import type { Options } from 'k6/options';

import { openProgrammes } from './lib/programmes.ts';
import { gracefulStop, readSettings } from './lib/settings.ts';
import { TREND_STATS, writeSummary } from './lib/summary.ts';
import { programmeOfTurn, wait } from './lib/turns.ts';
import { uploadProgramme } from './lib/upload-recording.ts';

const settings = readSettings();
const programmes = openProgrammes();
/** Before an upload that was refused is tried again; with a random while more. */
const RETRY_MS = 250;
/** A recording of six seconds, beside others. */
const MAX_P95_MS = 2000;

export const options: Options = {
  scenarios: {
    uploads: { executor: 'constant-vus', vus: settings.sessions, duration: `${settings.seconds}s`, gracefulStop: gracefulStop(settings) },
  },
  thresholds: { kws_uploads_right: ['rate==1'], kws_upload_ms: [`p(95)<${MAX_P95_MS}`] },
  summaryTrendStats: TREND_STATS,
};

export default async function oneUpload(): Promise<void> {
  const outcome = uploadProgramme(settings.url, programmeOfTurn(programmes));
  if (outcome === 'refused') await wait(RETRY_MS * (1 + Math.random()));
}

export const handleSummary = writeSummary(settings);

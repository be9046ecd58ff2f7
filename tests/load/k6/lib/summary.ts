/** Where a scenario's figures go. */

import type { LoadSettings } from './settings.ts';

/** Of every trend. */
export const TREND_STATS = ['count', 'med', 'p(95)', 'p(99)', 'max'];

/** What k6 calls at the end: everything into the runner's file, nothing on the terminal. */
export function writeSummary({ summaryFile }: Pick<LoadSettings, 'summaryFile'>): (data: unknown) => Record<string, string> {
  return (data) => ({ [summaryFile]: JSON.stringify(data) });
}

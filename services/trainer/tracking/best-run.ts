/** The run that does best by one metric. */

import { TrackingError } from './tracking-error.ts';
import type { RunRecord } from './tracking-store.ts';

/** How to choose: by which metric, whether less of it is better, among which runs. */
export interface BestOf {
  readonly metric: string;
  readonly isLowest: boolean;
  readonly fits: (run: RunRecord) => boolean;
}

/** The best run, the newer of two equals. @throws {TrackingError} `no_run_found` */
export function bestRun(runs: readonly RunRecord[], { metric, isLowest, fits }: BestOf): RunRecord {
  const valued = runs.filter(fits).flatMap((run) => {
    const value = run.metrics.get(metric);
    return value === undefined || Number.isNaN(value) ? [] : [{ run, value: isLowest ? -value : value }];
  });
  const [first, ...others] = valued;
  if (!first) throw new TrackingError('no_run_found', `none of ${runs.length} runs fits and has the metric ${metric}`);
  return others.reduce((best, other) => {
    const isBetter = other.value > best.value || (other.value === best.value && other.run.startTimeMs > best.run.startTimeMs);
    return isBetter ? other : best;
  }, first).run;
}

/** `trainer runs`: which trainings there were, and how they differ. */

import { experimentOf, trackingStore } from '../tracking/tracking-settings.ts';
import { compareRuns, listRuns, usualMetrics } from '../tracking/run-table.ts';
import { TrackingError } from '../tracking/tracking-error.ts';
import type { RunRecord } from '../tracking/tracking-store.ts';
import { parseWhere } from '../tracking/where.ts';
import type { Command, CommandContext } from './command.ts';
import { trackingOf } from './tracking-of.ts';

const USUAL_METRICS = 4;

interface RunsOptions {
  readonly experiment: string | undefined;
  readonly where: string;
  readonly metric: readonly string[] | undefined;
  readonly compare: readonly string[] | undefined;
  readonly limit: number;
}

/** Lists runs, or puts some side by side. */
export function runsCommand({ environment }: CommandContext): Command<RunsOptions> {
  return {
    command: 'runs',
    describe: 'list the trainings of the MLflow server or of mlruns/, or compare some',
    builder: (command) =>
      command
        .option('experiment', { type: 'string', describe: 'whose runs', defaultDescription: 'tracking.experiment' })
        .option('where', { type: 'string', default: '', describe: "which of them: metrics.testAccuracy > 0.9 and params.seed = '3'" })
        .option('metric', { type: 'string', array: true, describe: 'columns', defaultDescription: 'those that most runs have' })
        .option('compare', { type: 'string', array: true, describe: 'beginnings of the ids of runs to put side by side' })
        .option('limit', { type: 'number', default: 20, describe: 'the newest so many' }),
    handler: async ({ experiment, where, metric, compare, limit }) => {
      const settings = await trackingOf(environment);
      const runs = (await trackingStore(environment, settings).runsOf(experiment ?? experimentOf(environment, settings))).filter(
        parseWhere(where),
      );
      if (compare) {
        process.stdout.write(compareRuns(compare.map((start) => theRun(runs, start))));
        return;
      }
      const shown = runs.slice(0, limit);
      process.stdout.write(listRuns(shown, metric ?? usualMetrics(shown, USUAL_METRICS)));
    },
  };
}

function theRun(runs: readonly RunRecord[], start: string): RunRecord {
  const found = runs.filter(({ runId }) => runId.startsWith(start));
  const [run] = found;
  if (run && found.length === 1) return run;
  throw new TrackingError('no_run_found', `${found.length} runs have an id that begins with ${start}`);
}

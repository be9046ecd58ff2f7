/** `trainer best`: the run that does best by a metric. */

import { bestRun } from '../tracking/best-run.ts';
import { compareRuns } from '../tracking/run-table.ts';
import { experimentOf, trackingStore } from '../tracking/tracking-settings.ts';
import { parseWhere } from '../tracking/where.ts';
import type { Command, CommandContext } from './command.ts';
import { trackingOf } from './tracking-of.ts';

interface BestOptions {
  readonly experiment: string | undefined;
  readonly metric: string;
  readonly where: string;
  readonly lowest: boolean;
}

/** Shows the best run, and where its files are. */
export function bestCommand({ environment }: CommandContext): Command<BestOptions> {
  return {
    command: 'best',
    describe: 'show the run that does best by a metric',
    builder: (command) =>
      command
        .option('experiment', { type: 'string', describe: 'whose runs', defaultDescription: 'tracking.experiment' })
        .option('metric', { type: 'string', default: 'testAccuracy', describe: 'by which to choose' })
        .option('where', { type: 'string', default: "status = 'FINISHED'", describe: 'among which runs' })
        .option('lowest', { type: 'boolean', default: false, describe: 'less of the metric is better' }),
    handler: async ({ experiment, metric, where, lowest }) => {
      const settings = await trackingOf(environment);
      const runs = await trackingStore(environment, settings).runsOf(experiment ?? experimentOf(environment, settings));
      const best = bestRun(runs, { metric, isLowest: lowest, fits: parseWhere(where) });
      process.stdout.write(compareRuns([best]));
      process.stdout.write(`run ${best.runId}, files in ${best.artefactUri}\n`);
    },
  };
}

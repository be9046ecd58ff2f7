/** `trainer sweep` and `trainer worker`: many configurations tried by many processes. */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { openArtefactStore } from '../publication/sweep/artefact-store.ts';
import { bestTrial, sweep, tableOfTrials } from '../publication/sweep/sweep.ts';
import { SweepQueue, type Trial } from '../publication/sweep/sweep-queue.ts';
import { readSpace, trialsOf } from '../publication/sweep/trial-space.ts';
import { work } from '../publication/sweep/worker.ts';
import type { Command, CommandContext } from './command.ts';
import { currentCommit } from './current-commit.ts';
import { withRegistry } from './models/with-registry.ts';
import { publishOptions, publishWithGate, type PublishOptions } from './publish.ts';

const SWEEP_DIRECTORY = 'runs/sweep';
const POLL_MS = 5000;
const STORE_OPTION = {
  type: 'string',
  default: join(SWEEP_DIRECTORY, 'artefacts'),
  describe: 'where workers leave models: a folder that all see, or s3://bucket/prefix',
} as const;

interface SweepCommandOptions extends Omit<PublishOptions, 'model'> {
  readonly name: string;
  readonly space: string;
  readonly config: string;
  readonly trials: number | undefined;
  readonly store: string;
  readonly publish: boolean;
}

/** Hands out trials, waits for the workers, and takes the best to the gate. */
export function sweepCommand(context: CommandContext): Command<SweepCommandOptions> {
  return {
    command: 'sweep <name>',
    describe:
      'try configurations: hand them to the workers, wait, and take the best to the gate; begun again under the same name it goes on',
    builder: (command) =>
      publishOptions(command)
        .positional('name', { type: 'string', demandOption: true, describe: 'of the sweep' })
        .option('space', { type: 'string', demandOption: true, describe: 'YAML: for each key its values, or { from, to, scale }' })
        .option('config', { type: 'string', default: 'config', describe: 'main file of the configuration that the trials change' })
        .option('trials', { type: 'number', describe: 'draw so many at random', defaultDescription: 'every combination' })
        .option('store', STORE_OPTION)
        .option('publish', { type: 'boolean', default: true, describe: 'take the best to the gate; --no-publish: leave it in its folder' }),
    handler: async (options) => {
      const overrides = trialsOf(await readSpace(options.space), { count: options.trials, seed: options.seed });
      const trials = overrides.map((changes, trial): Trial => ({ sweep: options.name, trial, main: options.config, overrides: changes }));
      const best = join(SWEEP_DIRECTORY, options.name, 'best');
      await withRegistry(context, async (_registry, connection) => {
        const queue = await SweepQueue.open(connection);
        const onProgress = (over: number): void => void process.stderr.write(`${over} of ${trials.length} trials are over\n`);
        const results = await sweep({ queue, trials, pollMs: POLL_MS, signal: context.signal, onProgress });
        process.stdout.write(tableOfTrials(results));
        const { fetchTrial } = await import('../publication/sweep/run-trial.ts');
        await rm(best, { recursive: true, force: true });
        await fetchTrial(await openArtefactStore(options.store), bestTrial(results).outcome.artefact, best);
      });
      process.stdout.write(`the best is in ${best}\n`);
      if (options.publish && !context.signal.aborted) await publishWithGate(context, { ...options, model: best });
    },
  };
}

interface WorkerCommandOptions {
  readonly data: string;
  readonly store: string;
  readonly 'until-empty': boolean;
}

/** Takes trials of any sweep. */
export function workerCommand(context: CommandContext): Command<WorkerCommandOptions> {
  const { environment, signal } = context;
  return {
    command: 'worker',
    describe: 'take trials of sweeps and train them, one at a time; as many workers as there are machines',
    builder: (command) =>
      command
        .option('data', { type: 'string', demandOption: true, describe: 'folder of the recordings' })
        .option('store', STORE_OPTION)
        .option('until-empty', { type: 'boolean', default: false, describe: 'end when there is nothing to do' }),
    handler: ({ data, store: place, 'until-empty': untilEmpty }) =>
      withRegistry(context, async (_registry, connection) => {
        const { runTrial } = await import('../publication/sweep/run-trial.ts'); // TensorFlow, only where it is needed
        const store = await openArtefactStore(place);
        const options = { dataDirectory: data, directory: SWEEP_DIRECTORY, store, environment, signal, commit: currentCommit() };
        await work({
          queue: await SweepQueue.open(connection),
          run: (trial) => runTrial(trial, options),
          log: (message) => void process.stderr.write(`${message}\n`),
          signal,
          untilEmpty,
        });
      }),
  };
}

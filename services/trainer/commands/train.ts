/** `trainer train`: from recordings to an artefact. */

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { TrainerConfig } from '../config.ts';
import { composeConfig } from '../configuration/compose.ts';
import { trackedTraining, type RunTracker } from '../tracking/run-tracker.ts';
import { keepModel, paramsOf, tracked } from '../tracking/tracked-work.ts';
import { TrainerError } from '../trainer-error.ts';
import { productionEngine, type Command, type CommandContext } from './command.ts';
import { currentCommit } from './current-commit.ts';
import { configRequest, OVERRIDES_POSITIONAL, withConfigOptions, type ConfigOptions } from './config-options.ts';

/** The configuration of a run, in its folder. */
const RUN_CONFIG_FILE = 'config.yaml';
/** The model that a run began with, in its folder: a run that goes on after a stop needs it as much as one that begins. */
const START_FOLDER = 'start';

interface TrainOptions extends ConfigOptions {
  readonly data: string | undefined;
  readonly out: string | undefined;
  readonly from: string | undefined;
  readonly resume: string | undefined;
  readonly epochs: string | undefined;
  readonly 'learning-rate': string | undefined;
  readonly seed: string | undefined;
  readonly 'print-config': boolean;
}

/** Trains, and tells the figures of the test split at the end. */
export function trainCommand({ signal, environment }: CommandContext): Command<TrainOptions> {
  return {
    command: `train ${OVERRIDES_POSITIONAL}`,
    describe: 'train a model from recordings; the best epoch on the validation split (or the last: train.keep) becomes an artefact',
    builder: (command) =>
      withConfigOptions(command)
        .option('data', { type: 'string', describe: 'folder that holds speech_commands/, and speech/ and noise/ where there are any' })
        .option('out', { type: 'string', describe: 'folder of the run', defaultDescription: 'runs/<time>' })
        .option('from', {
          type: 'string',
          describe: 'folder of an artefact of the same layers to go on from; outputs of words that it does not know begin at random',
          defaultDescription: 'random weights',
        })
        .option('resume', {
          type: 'string',
          conflicts: ['out', 'from'],
          describe: 'folder of a run that was stopped: go on after its last whole epoch, with its configuration',
        })
        .option('epochs', { type: 'string', describe: 'train.epochs: passes over the training clips' })
        .option('learning-rate', {
          type: 'string',
          describe: 'train.learningRate: peak of the schedule; lower it when going on from a model',
        })
        .option('seed', { type: 'string', describe: 'seed: of every random choice' })
        .option('print-config', { type: 'boolean', default: false, describe: 'show the composed configuration and stop' })
        .example('$0 train --data DATA model=small train.epochs=5', 'another network, fewer epochs')
        .example('$0 train --config wake --print-config', 'what a training of wake words would do'),
    handler: async (options) => {
      const { config, tracking, yaml } = await composeConfig(requestOf(options, environment));
      if (options['print-config']) {
        process.stdout.write(yaml);
        return;
      }
      const { data } = options;
      if (data === undefined) throw new TrainerError('data_not_found', 'name the folder of recordings with --data');
      const name = `train ${options.resume ?? options.out ?? config.name}`;
      const training = { config, yaml, options: { ...options, data }, signal };
      await tracked({ settings: tracking, environment, name, signal }, (run) => trainAndTest({ ...training, run }));
    },
  };
}

function requestOf(options: TrainOptions, environment: CommandContext['environment']): ReturnType<typeof configRequest> {
  const { epochs, seed, 'learning-rate': learningRate, resume } = options;
  if (resume !== undefined) return configRequest({ config: join(resume, RUN_CONFIG_FILE), overrides: [] }, undefined);
  return configRequest(options, environment, { 'train.epochs': epochs, 'train.learningRate': learningRate, seed });
}

interface Training {
  readonly config: TrainerConfig;
  readonly yaml: string;
  readonly options: TrainOptions & { readonly data: string };
  readonly signal: AbortSignal;
  readonly run: RunTracker;
}

/** TensorFlow is loaded here, and not where only the options are needed. */
async function trainAndTest({ config, yaml, options: { data, out, from, resume }, signal, run }: Training): Promise<void> {
  const [{ train }, { evaluate }, { recordEvaluation }, { markdownReport }, { copyArtefact, loadArtefact, writeWhole }] = await Promise.all(
    [
      import('../training/train.ts'),
      import('../evaluation/evaluate.ts'),
      import('../evaluation/report/record.ts'),
      import('../evaluation/report/markdown.ts'),
      import('../artefact-files.ts'),
    ],
  );
  const runId = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const runDirectory = resume ?? out ?? join('runs', runId);
  await mkdir(runDirectory, { recursive: true });
  await writeWhole(join(runDirectory, RUN_CONFIG_FILE), yaml);
  const start = join(runDirectory, START_FOLDER);
  if (from !== undefined) await copyArtefact(from, start);
  const begins = from !== undefined || (resume !== undefined && existsSync(start));
  const commit = currentCommit();
  run.params({ ...paramsOf(config), commit, ...(from !== undefined && { from }) });
  run.tags({ 'kws.runDirectory': runDirectory });
  const result = await train(config, {
    dataDirectory: data,
    runDirectory,
    provenance: { runId, commit },
    signal,
    from: begins ? await loadArtefact(start) : undefined,
    listener: trackedTraining(run),
  });
  process.stdout.write(
    `epoch ${result.bestEpoch} is kept: ${(100 * result.validationAccuracy).toFixed(2)} % of the validation clips, in ${runDirectory}\n`,
  );
  if (signal.aborted) return;
  const engine = await productionEngine();
  const evaluation = await evaluate({ modelDirectory: runDirectory, dataDirectory: data, split: 'test', engine });
  await recordEvaluation(runDirectory, evaluation);
  await keepModel(run, runDirectory, config.training.epochs);
  process.stdout.write(markdownReport(evaluation));
}

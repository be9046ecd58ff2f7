/** The trainer's command line. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';

import { CodedError } from '#shared/coded-error.ts';
import { createKernelEngine } from '#shared/kernel/kernel-engine.ts';

import { DEFAULT_CONFIG } from './config.ts';
import { calibrate, formatCalibration, recordCalibration } from './evaluation/calibrate.ts';
import { evaluate, formatEvaluation, recordEvaluation } from './evaluation/evaluate.ts';
import { loadArtefact } from './artefact-files.ts';
import { compileKernel } from './kernel.ts';
import { train } from './training/train.ts';

const interrupted = new AbortController();
process.once('SIGINT', () => {
  process.stderr.write('\nstopping after this step; the best epoch so far is kept (again to stop at once)\n');
  interrupted.abort();
});

await yargs(hideBin(process.argv))
  .scriptName('trainer')
  .usage('$0 <command>\n\nTrains keyword-spotting models and says how good they are.')
  .command(
    'train',
    'train a model from recordings; the best epoch on the validation split becomes an artefact',
    (command) =>
      command
        .option('data', {
          type: 'string',
          demandOption: true,
          describe: 'folder that holds speech_commands/, and speech/ and noise/ where there are any',
        })
        .option('out', { type: 'string', describe: 'folder of the run', defaultDescription: 'runs/<time>' })
        .option('from', {
          type: 'string',
          describe: 'folder of an artefact of the same topology to go on from',
          defaultDescription: 'random weights',
        })
        .option('epochs', { type: 'number', default: DEFAULT_CONFIG.training.epochs, describe: 'passes over the training clips' })
        .option('learning-rate', {
          type: 'number',
          default: DEFAULT_CONFIG.training.learningRate,
          describe: 'peak of the schedule; lower it when going on from a model',
        })
        .option('seed', { type: 'number', default: DEFAULT_CONFIG.seed, describe: 'seed of every random choice' }),
    async ({ data, out, from, epochs, seed, learningRate }) => {
      const runId = new Date().toISOString().replaceAll(/[:.]/g, '-');
      const runDirectory = out ?? join('runs', runId);
      const config = { ...DEFAULT_CONFIG, seed, training: { ...DEFAULT_CONFIG.training, epochs, learningRate } };
      const result = await train(config, {
        dataDirectory: data,
        runDirectory,
        provenance: { runId, commit: currentCommit() },
        signal: interrupted.signal,
        from: from === undefined ? undefined : await loadArtefact(from),
      });
      process.stdout.write(
        `best epoch ${result.bestEpoch}: ${(100 * result.validationAccuracy).toFixed(2)} % of the validation clips, in ${runDirectory}\n`,
      );
      if (interrupted.signal.aborted) return;
      const engine = await createKernelEngine(await compileKernel());
      const evaluation = await evaluate({ modelDirectory: runDirectory, dataDirectory: data, split: 'test', engine });
      await recordEvaluation(runDirectory, evaluation);
      process.stdout.write(formatEvaluation(evaluation));
    },
  )
  .command(
    'evaluate',
    'classify the clips of a split with the production kernel, and write the figures into the manifest',
    (command) =>
      command
        .option('data', {
          type: 'string',
          demandOption: true,
          describe: 'folder that holds speech_commands/, and test_v2_12/ where it is there',
        })
        .option('model', { type: 'string', default: 'models/default', describe: 'folder of the artefact' })
        .option('split', {
          choices: ['training', 'validation', 'test'] as const,
          default: 'validation' as const,
          describe: 'the test split is for the final figure only',
        }),
    async ({ data, model, split }) => {
      const evaluation = await evaluate({
        modelDirectory: model,
        dataDirectory: data,
        split,
        engine: await createKernelEngine(await compileKernel()),
      });
      await recordEvaluation(model, evaluation);
      process.stdout.write(formatEvaluation(evaluation));
    },
  )
  .command(
    'calibrate',
    'choose the threshold of each keyword on validation clips and held-back speech, and write them into the manifest',
    (command) =>
      command
        .option('data', { type: 'string', demandOption: true, describe: 'folder that holds speech_commands/ and speech/' })
        .option('model', { type: 'string', default: 'models/default', describe: 'folder of the artefact' })
        .option('transcripts', {
          type: 'string',
          describe: 'what is said in the speech, one `<utterance> <words>` a line, so that keywords really said do not count',
        })
        .option('budget', { type: 'number', default: 1, describe: 'false accepts an hour that each keyword may make' }),
    async ({ data, model, transcripts, budget }) => {
      const engine = await createKernelEngine(await compileKernel());
      const calibration = await calibrate({ modelDirectory: model, dataDirectory: data, transcripts, engine, falseAcceptsPerHour: budget });
      await recordCalibration(model, calibration);
      process.stdout.write(formatCalibration(calibration));
    },
  )
  .demandCommand(1, 'name a command')
  .strict()
  .fail((message, error) => {
    if ((error as Error | undefined) !== undefined && !(error instanceof CodedError)) throw error;
    process.stderr.write(`trainer: ${error instanceof CodedError ? `${error.message} (${error.code})` : `${message}; see --help`}\n`);
    process.exit(1);
  })
  .parseAsync();

function currentCommit(): string {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}

/** `trainer train`: from recordings to an artefact. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { loadArtefact } from '../artefact-files.ts';
import { DEFAULT_CONFIG } from '../config.ts';
import { evaluate, formatEvaluation, recordEvaluation } from '../evaluation/evaluate.ts';
import { train } from '../training/train.ts';
import { productionEngine, type Command, type CommandContext } from './command.ts';

interface TrainOptions {
  readonly data: string;
  readonly out: string | undefined;
  readonly from: string | undefined;
  readonly epochs: number;
  readonly 'learning-rate': number;
  readonly seed: number;
}

/** Trains, and tells the figures of the test split at the end. */
export function trainCommand({ signal }: CommandContext): Command<TrainOptions> {
  return {
    command: 'train',
    describe: 'train a model from recordings; the best epoch on the validation split becomes an artefact',
    builder: (command) =>
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
    handler: async ({ data, out, from, epochs, seed, 'learning-rate': learningRate }) => {
      const runId = new Date().toISOString().replaceAll(/[:.]/g, '-');
      const runDirectory = out ?? join('runs', runId);
      const config = { ...DEFAULT_CONFIG, seed, training: { ...DEFAULT_CONFIG.training, epochs, learningRate } };
      const result = await train(config, {
        dataDirectory: data,
        runDirectory,
        provenance: { runId, commit: currentCommit() },
        signal,
        from: from === undefined ? undefined : await loadArtefact(from),
      });
      process.stdout.write(
        `best epoch ${result.bestEpoch}: ${(100 * result.validationAccuracy).toFixed(2)} % of the validation clips, in ${runDirectory}\n`,
      );
      if (signal.aborted) return;
      const engine = await productionEngine();
      const evaluation = await evaluate({ modelDirectory: runDirectory, dataDirectory: data, split: 'test', engine });
      await recordEvaluation(runDirectory, evaluation);
      process.stdout.write(formatEvaluation(evaluation));
    },
  };
}

function currentCommit(): string {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}

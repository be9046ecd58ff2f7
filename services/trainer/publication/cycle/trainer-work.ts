/** The stages of a cycle as this trainer does them. */

import { join } from 'node:path';

import type { ModelReference } from '#shared/registry/model-reference.ts';

import { loadArtefact } from '../../artefact-files.ts';
import type { TrainerConfig } from '../../config.ts';
import { readLock } from '../../corpus/dataset/dataset-lock.ts';
import { validateFolder } from '../../corpus/dataset/validate-folder.ts';
import { evaluate } from '../../evaluation/evaluate.ts';
import { recordEvaluation } from '../../evaluation/report/record.ts';
import { trackedTraining } from '../../tracking/run-tracker.ts';
import { keepFiles, keepModel, paramsOf, tracked } from '../../tracking/tracked-work.ts';
import type { TrackingSettings } from '../../tracking/tracking-settings.ts';
import { TrainerError } from '../../trainer-error.ts';
import { train } from '../../training/train.ts';
import type { GateRules } from '../gate-rules.ts';
import type { TestSets } from '../measure-model.ts';
import type { ModelRegistry } from '../model-registry.ts';
import { judgeCandidate, publishJudged } from '../publish-candidate.ts';
import type { CycleWork } from './cycle.ts';

export interface TrainerWorkOptions {
  readonly registry: ModelRegistry;
  readonly config: TrainerConfig;
  readonly tracking: TrackingSettings;
  readonly commit: string;
  readonly dataDirectory: string;
  /** The manifest of the data set that is watched. */
  readonly lockPath: string;
  readonly rules: GateRules;
  readonly tests: TestSets;
  readonly privateKey: CryptoKey | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Lets other systems know what is in force. */
  readonly follow: (reference: ModelReference) => Promise<void>;
}

/** Trains, judges and publishes as the commands of these names do. */
export function trainerWork(options: TrainerWorkOptions): CycleWork {
  const { registry, rules, tests, privateKey, tracking, environment, signal } = options;
  return {
    datasetDigest: () => digestOf(options.lockPath),
    validate: () => validate(options),
    train: (runDirectory, { incumbentDirectory, id }) =>
      tracked({ settings: tracking, environment, name: `cycle ${id}`, signal }, async (run) => {
        run.params({ ...paramsOf(options.config), commit: options.commit, ...(incumbentDirectory !== undefined && { from: 'incumbent' }) });
        await train(options.config, {
          dataDirectory: options.dataDirectory,
          runDirectory,
          provenance: { runId: run.key, commit: options.commit },
          signal,
          from: incumbentDirectory === undefined ? undefined : await loadArtefact(incumbentDirectory),
          listener: trackedTraining(run),
        });
        signal.throwIfAborted(); // the training is not whole: the next start goes on with it
        await recordEvaluation(
          runDirectory,
          await evaluate({ modelDirectory: runDirectory, dataDirectory: options.dataDirectory, split: 'test', engine: tests.engine }),
        );
        await keepModel(run, runDirectory, options.config.training.epochs);
      }),
    judge: (runDirectory) =>
      judgeCandidate({ registry, candidateDirectory: runDirectory, tests, rules, workDirectory: join(runDirectory, '..') }),
    publish: (runDirectory, { version, from }) =>
      publishJudged({ registry, candidateDirectory: runDirectory, version, introduction: { mode: 'all' }, privateKey }, from),
    report: async (runDirectory, { id, published, verdict, failure }) => {
      if (published) await options.follow(published);
      await tracked({ settings: tracking, environment, name: `cycle ${id} report`, signal }, (run) => {
        run.tags({
          'kws.gate': verdict ? (verdict.passes ? 'passed' : 'refused') : 'not reached',
          'kws.published': published?.version ?? '',
          ...(failure !== undefined && { 'kws.failure': failure }),
        });
        keepFiles(run, join(runDirectory, '..'), 'cycle');
        return Promise.resolve();
      });
    },
  };
}

async function digestOf(lockPath: string): Promise<string | undefined> {
  try {
    return (await readLock(lockPath)).digest;
  } catch (error) {
    if (error instanceof TrainerError && error.code === 'data_not_found') return undefined; // nobody has locked it yet
    throw error;
  }
}

/** @throws {TrainerError} `invalid_dataset` */
async function validate({ dataDirectory, config }: TrainerWorkOptions): Promise<void> {
  const { problems } = await validateFolder(dataDirectory, {
    keywords: config.keywords,
    onStart: () => undefined,
    onProgress: () => undefined,
  });
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  throw new TrainerError('invalid_dataset', `${dataDirectory} has ${errors.length} errors; the first: ${errors[0]!.message}`);
}

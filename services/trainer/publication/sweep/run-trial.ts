/** One trial as this trainer does it: composed, trained, its artefact left where the sweep finds it. */

import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { MANIFEST_FILE, WEIGHTS_FILE } from '#shared/model/artefact.ts';
import { readBundle, writeBundle } from '#shared/registry/bundle.ts';

import { composeConfig } from '../../configuration/compose.ts';
import { trackedTraining } from '../../tracking/run-tracker.ts';
import { keepModel, paramsOf, tracked } from '../../tracking/tracked-work.ts';
import { train } from '../../training/train.ts';
import { writeFiles } from '../publish-candidate.ts';
import type { ArtefactStore } from './artefact-store.ts';
import type { Trial } from './sweep-queue.ts';

export interface RunTrialOptions {
  readonly dataDirectory: string;
  /** Where trials are trained; one that was interrupted on this machine goes on. */
  readonly directory: string;
  readonly store: ArtefactStore;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly commit: string;
  readonly signal: AbortSignal;
}

/** Trains. @throws {CodedError} when the trial cannot go well */
export async function runTrial(trial: Trial, options: RunTrialOptions): Promise<{ validationAccuracy: number; artefact: string }> {
  const { directory, environment, signal, commit, dataDirectory, store } = options;
  const { config, tracking } = await composeConfig({ main: trial.main, overrides: trial.overrides });
  const runDirectory = join(directory, trial.sweep, String(trial.trial));
  await mkdir(runDirectory, { recursive: true });
  const name = `sweep ${trial.sweep} ${trial.trial}`;
  const { validationAccuracy } = await tracked({ settings: tracking, environment, name, signal }, async (run) => {
    run.tags({ 'kws.sweep': trial.sweep });
    run.params({ ...paramsOf(config), commit });
    const provenance = { runId: run.key, commit };
    const result = await train(config, { dataDirectory, runDirectory, provenance, signal, listener: trackedTraining(run) });
    if (!signal.aborted) await keepModel(run, runDirectory, config.training.epochs);
    return result;
  });
  signal.throwIfAborted(); // the training is not whole
  const artefact = `${trial.sweep}/${trial.trial}.kws`;
  await store.put(artefact, writeBundle(await filesIn(runDirectory)));
  return { validationAccuracy, artefact };
}

/** Puts a trial's artefact into a folder. @throws {PublicationError} `artefact_store_failed` @throws {RegistryError} `invalid_bundle` */
export async function fetchTrial(store: ArtefactStore, artefact: string, directory: string): Promise<void> {
  await writeFiles(directory, readBundle(await store.get(artefact)));
}

async function filesIn(directory: string): Promise<{ manifestJson: string; weightsBytes: Uint8Array }> {
  return {
    manifestJson: await readFile(join(directory, MANIFEST_FILE), 'utf8'),
    weightsBytes: await readFile(join(directory, WEIGHTS_FILE)),
  };
}

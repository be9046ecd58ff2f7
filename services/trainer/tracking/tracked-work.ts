/** A piece of work as a tracked run: opened before it, ended with it, whatever comes of it. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { userInfo } from 'node:os';

import type { Manifest } from '#shared/model/manifest.ts';

import { loadArtefact } from '../artefact-files.ts';
import type { RunTracker } from './run-tracker.ts';
import { Tracking } from './tracking.ts';
import { experimentOf, trackingStore, type TrackingSettings } from './tracking-settings.ts';

/** What a run directory holds that is worth keeping: the model, its configuration, its figures, plots and reports. */
const KEPT_FILES =
  /^(manifest\.json|weights\.bin|config\.(json|yaml)|metrics\.jsonl|evaluation.*\.(json|md|html)|.*\.(svg|png)|verdict\.md|dataset\.lock.*)$/;
const MAX_PARAMS = 500;

export interface TrackedWork {
  readonly settings: TrackingSettings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly name: string;
  readonly signal: AbortSignal;
}

/** Does the work as a run. A run whose work fails is marked so, and the failure goes on. */
export async function tracked<T>({ settings, environment, name, signal }: TrackedWork, work: (run: RunTracker) => Promise<T>): Promise<T> {
  const tracking = new Tracking({
    store: trackingStore(environment, settings),
    experiment: experimentOf(environment, settings),
    spoolDirectory: settings.spoolDirectory,
    user: userInfo().username,
    warn: (message) => process.stderr.write(`tracking: ${message}\n`),
    nowMs: Date.now,
  });
  const run = tracking.startRun(name);
  const recovering = tracking.recover(); // beside the work: a server that is away must not keep it waiting
  try {
    const result = await work(run);
    await run.finish(signal.aborted ? 'KILLED' : 'FINISHED');
    return result;
  } catch (error) {
    run.tags({ 'kws.error': error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
    await run.finish('FAILED');
    throw error;
  } finally {
    await recovering;
  }
}

/** A configuration as parameters: `training.learningRate`; lists as one value. */
export function paramsOf(config: object, prefix = ''): Record<string, string> {
  const entries = Object.entries(config).flatMap(([key, value]: [string, unknown]): [string, string][] => {
    const name = prefix + key;
    if (typeof value !== 'object' || value === null) return [[name, String(value)]];
    if (!Array.isArray(value)) return Object.entries(paramsOf(value, `${name}.`));
    return [[name, JSON.stringify(value)]];
  });
  return Object.fromEntries(entries.slice(0, MAX_PARAMS));
}

/** Keeps the files of a run directory, below `folder`. */
export function keepFiles(run: RunTracker, directory: string, folder: string): void {
  if (!existsSync(directory)) return;
  for (const file of readdirSync(directory).filter((name) => KEPT_FILES.test(name)))
    run.artefact(join(directory, file), `${folder}/${file}`);
}

/** Notes the model that came of a run: its figures, what it learned from, its files under `model/`. */
export async function keepModel(run: RunTracker, directory: string, epochs: number): Promise<Manifest> {
  const { manifest } = await loadArtefact(directory);
  const { name, version, digest, metrics, dataset } = manifest;
  run.tags({ 'kws.model': name, 'kws.version': version, 'kws.digest': digest });
  run.dataset({ name: `${dataset.name} ${dataset.version}`.trim(), digest: dataset.digest, source: dataset.name, context: 'training' });
  run.metrics(metrics, epochs);
  keepFiles(run, directory, 'model');
  return manifest;
}

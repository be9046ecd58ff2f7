/** Where runs are kept: an MLflow server, or a folder in MLflow's layout. Every write may be repeated without harm. */

import type { DatasetInput, RunStatus } from './run-tracker.ts';

export interface Metric {
  readonly key: string;
  readonly value: number;
  readonly timestampMs: number;
  readonly step: number;
}

/** Values to write at once. Within MLflow's limits, see `batches.ts`. */
export interface Batch {
  readonly metrics: readonly Metric[];
  readonly params: ReadonlyMap<string, string>;
  readonly tags: ReadonlyMap<string, string>;
}

/** A run to be opened. The tag `kws.key` finds it again if the answer to its opening is lost. */
export interface NewRun {
  readonly key: string;
  readonly experiment: string;
  readonly name: string;
  readonly startTimeMs: number;
  readonly user: string;
}

/** A run as it is kept. Metrics are their last values. */
export interface RunRecord {
  readonly runId: string;
  readonly name: string;
  readonly status: string;
  readonly startTimeMs: number;
  readonly endTimeMs: number | undefined;
  readonly metrics: ReadonlyMap<string, number>;
  readonly params: ReadonlyMap<string, string>;
  readonly tags: ReadonlyMap<string, string>;
  readonly artefactUri: string;
}

/** The tag that holds a run's key. */
export const KEY_TAG = 'kws.key';
/** The tag that says when a run last gave a sign of life, in ms since 1970. */
export const HEARTBEAT_TAG = 'kws.heartbeat';

export interface TrackingStore {
  /** For people: where the runs are. */
  readonly place: string;
  /** Opens the run, or finds the one that was opened for its key before. Gives its id in the store. */
  openRun(run: NewRun): Promise<string>;
  logBatch(runId: string, batch: Batch): Promise<void>;
  logDataset(runId: string, input: DatasetInput): Promise<void>;
  /** @param path - of the file to keep @param name - under which, with `/` between folders */
  logArtefact(runId: string, path: string, name: string): Promise<void>;
  endRun(runId: string, end: { readonly status: RunStatus; readonly endTimeMs: number }): Promise<void>;
  /** All runs of an experiment, newest first; none where the experiment is unknown. */
  runsOf(experiment: string): Promise<readonly RunRecord[]>;
}

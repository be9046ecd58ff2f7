/** Runs on an MLflow server. */

import { uploadArtefact } from './mlflow-artefacts.ts';
import { createRun, ensureExperiment, findExperiment, getRun, logBatch, logInput, searchRuns, updateRun } from './mlflow-client.ts';
import type { MlflowConnection } from './mlflow-http.ts';
import { KEY_TAG, type NewRun, type TrackingStore } from './tracking-store.ts';

/** A store on the server of `connection`. */
export function createMlflowStore(connection: MlflowConnection): TrackingStore {
  const openRun = async (run: NewRun): Promise<string> => {
    const experimentId = await ensureExperiment(connection, run.experiment);
    const [opened] = await searchRuns(connection, experimentId, `tags.\`${KEY_TAG}\` = '${run.key}'`);
    return opened?.runId ?? createRun(connection, experimentId, run);
  };
  return {
    place: connection.uri,
    openRun,
    logBatch: (runId, batch) => logBatch(connection, runId, batch),
    logDataset: (runId, input) => logInput(connection, runId, input),
    logArtefact: async (runId, path, name) => {
      const { artefactUri } = await getRun(connection, runId);
      await uploadArtefact(connection, { artefactUri, path, name });
    },
    endRun: (runId, end) => updateRun(connection, runId, end),
    runsOf: async (experiment) => {
      const experimentId = await findExperiment(connection, experiment);
      return experimentId === undefined ? [] : searchRuns(connection, experimentId);
    },
  };
}

/** MLflow's REST API for runs: experiments, runs, values, data sets. Names and limits as in its "REST API" page, version 2.0. */

import { z } from 'zod';

import { requestJson, request, type MlflowConnection } from './mlflow-http.ts';
import type { DatasetInput, RunStatus } from './run-tracker.ts';
import { TrackingError } from './tracking-error.ts';
import { KEY_TAG, type Batch, type NewRun, type RunRecord } from './tracking-store.ts';

const API = '/api/2.0/mlflow';
const RUNS_A_PAGE = 500;
/** Ten thousand runs; an experiment of more wants a filter of its own. */
const MAX_PAGES = 20;
/** MLflow's column is that wide. */
const MAX_DIGEST_CHARACTERS = 36;

/** Protocol buffers write 64-bit numbers as text. */
const integer = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+$/)
    .transform(Number),
]);
/** And numbers that are not finite. */
const double = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)]);
const entries = z.array(z.object({ key: z.string(), value: z.string().default('') })).default([]);

const RunSchema = z.object({
  info: z.object({
    run_id: z.string(),
    run_name: z.string().default(''),
    status: z.string(),
    start_time: integer.default(0),
    end_time: integer.optional(),
    artifact_uri: z.string().default(''),
  }),
  data: z
    .object({ metrics: z.array(z.object({ key: z.string(), value: double.default(0) })).default([]), params: entries, tags: entries })
    .default({ metrics: [], params: [], tags: [] }),
});
const OneRunSchema = z.object({ run: RunSchema });
const RunsSchema = z.object({ runs: z.array(RunSchema).default([]), next_page_token: z.string().optional() });
const ExperimentSchema = z.object({ experiment: z.object({ experiment_id: z.string() }) });

/** The id of an experiment by its name. */
export async function findExperiment(connection: MlflowConnection, name: string): Promise<string | undefined> {
  try {
    const answer = await requestJson(
      connection,
      { method: 'GET', path: `${API}/experiments/get-by-name`, query: { experiment_name: name } },
      ExperimentSchema,
    );
    return answer.experiment.experiment_id;
  } catch (error) {
    if (error instanceof TrackingError && error.code === 'tracking_not_found') return undefined;
    throw error;
  }
}

/** The id of an experiment, which is created where there is none. */
export async function ensureExperiment(connection: MlflowConnection, name: string): Promise<string> {
  const found = await findExperiment(connection, name);
  if (found !== undefined) return found;
  try {
    const path = `${API}/experiments/create`;
    const created = await requestJson(connection, { method: 'POST', path, json: { name } }, z.object({ experiment_id: z.string() }));
    return created.experiment_id;
  } catch (error) {
    const createdByAnother = await findExperiment(connection, name);
    if (createdByAnother !== undefined) return createdByAnother;
    throw error;
  }
}

/** Opens a run and gives its id. */
export async function createRun(connection: MlflowConnection, experimentId: string, run: NewRun): Promise<string> {
  const json = {
    experiment_id: experimentId,
    run_name: run.name,
    start_time: run.startTimeMs,
    tags: [
      { key: KEY_TAG, value: run.key },
      { key: 'mlflow.user', value: run.user },
      { key: 'mlflow.source.name', value: 'trainer' },
      { key: 'mlflow.source.type', value: 'LOCAL' },
    ],
  };
  const { run: created } = await requestJson(connection, { method: 'POST', path: `${API}/runs/create`, json }, OneRunSchema);
  return created.info.run_id;
}

/** One run. @throws {TrackingError} `tracking_not_found` */
export async function getRun(connection: MlflowConnection, runId: string): Promise<RunRecord> {
  const { run } = await requestJson(connection, { method: 'GET', path: `${API}/runs/get`, query: { run_id: runId } }, OneRunSchema);
  return recordOf(run);
}

/** The runs of an experiment that fit MLflow's own filter, newest first. */
export async function searchRuns(connection: MlflowConnection, experimentId: string, filter = ''): Promise<RunRecord[]> {
  const found: RunRecord[] = [];
  let pageToken: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const json = {
      experiment_ids: [experimentId],
      filter,
      max_results: RUNS_A_PAGE,
      order_by: ['attributes.start_time DESC'],
      ...(pageToken !== undefined && { page_token: pageToken }),
    };
    const answer = await requestJson(connection, { method: 'POST', path: `${API}/runs/search`, json }, RunsSchema);
    found.push(...answer.runs.map(recordOf));
    pageToken = answer.next_page_token;
    if (pageToken === undefined || pageToken === '') break;
  }
  return found;
}

/** Writes values that fit into one request, see `batches.ts`. */
export async function logBatch(connection: MlflowConnection, runId: string, { metrics, params, tags }: Batch): Promise<void> {
  const json = {
    run_id: runId,
    metrics: metrics.map(({ key, value, timestampMs, step }) => ({ key, value: jsonNumber(value), timestamp: timestampMs, step })),
    params: [...params].map(([key, value]) => ({ key, value })),
    tags: [...tags].map(([key, value]) => ({ key, value })),
  };
  await request(connection, { method: 'POST', path: `${API}/runs/log-batch`, json });
}

/** Notes a data set as an input of a run. */
export async function logInput(
  connection: MlflowConnection,
  runId: string,
  { name, digest, source, context }: DatasetInput,
): Promise<void> {
  const dataset = {
    name,
    digest: digest.slice(0, MAX_DIGEST_CHARACTERS),
    source_type: 'code',
    source: JSON.stringify({ tags: { source, digest } }),
  };
  const json = { run_id: runId, datasets: [{ dataset, tags: [{ key: 'mlflow.data.context', value: context }] }] };
  await request(connection, { method: 'POST', path: `${API}/runs/log-inputs`, json });
}

/** Says how a run ended. */
export async function updateRun(
  connection: MlflowConnection,
  runId: string,
  { status, endTimeMs }: { readonly status: RunStatus; readonly endTimeMs: number },
): Promise<void> {
  await request(connection, { method: 'POST', path: `${API}/runs/update`, json: { run_id: runId, status, end_time: endTimeMs } });
}

function recordOf({ info, data }: z.infer<typeof RunSchema>): RunRecord {
  return {
    runId: info.run_id,
    name: info.run_name,
    status: info.status,
    startTimeMs: info.start_time,
    endTimeMs: info.end_time === 0 ? undefined : info.end_time,
    metrics: new Map(data.metrics.map(({ key, value }) => [key, value])),
    params: new Map(data.params.map(({ key, value }) => [key, value])),
    tags: new Map(data.tags.map(({ key, value }) => [key, value])),
    artefactUri: info.artifact_uri,
  };
}

function jsonNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value); // `NaN`, `Infinity`, `-Infinity`, as protocol buffers have them
}

/**
 * Runs on disk, in the layout of MLflow's file store (`mlflow/store/tracking/file_store.py`, 3.17), so that MLflow's own tools
 * read them with `MLFLOW_ALLOW_FILE_STORE=true`: `<experiment>/meta.yaml`, `<experiment>/<run>/{meta.yaml,params,metrics,tags,artifacts,inputs}`.
 */

import { createHash } from 'node:crypto';
import { appendFile, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { parse, stringify } from 'yaml';
import { z } from 'zod';

import { writeWhole } from '../artefact-files.ts';
import type { DatasetInput, RunStatus } from './run-tracker.ts';
import { readValues } from './file-values.ts';
import { TrackingError } from './tracking-error.ts';
import { KEY_TAG, type Batch, type NewRun, type RunRecord, type TrackingStore } from './tracking-store.ts';

const META = 'meta.yaml';
/** MLflow's codes of a run's status. */
const STATUS_CODES = { RUNNING: 1, SCHEDULED: 2, FINISHED: 3, FAILED: 4, KILLED: 5 } as const;
const SOURCE_TYPE_LOCAL = 4;
const MAX_DIGEST_CHARACTERS = 36;

const ExperimentSchema = z.object({ experiment_id: z.string(), name: z.string(), lifecycle_stage: z.string() });
const RunMetaSchema = z.looseObject({
  run_id: z.string(),
  run_name: z.string().default(''),
  status: z.int(),
  start_time: z.number(),
  end_time: z.number().nullable().default(null),
  artifact_uri: z.string(),
  lifecycle_stage: z.string(),
});
type RunMeta = z.infer<typeof RunMetaSchema>;

/** A store in `directory`, which is made where it is missing. */
export function createFileStore(directory: string): TrackingStore {
  const root = resolve(directory);
  return {
    place: root,
    openRun: (run) => openRun(root, run),
    logBatch: async (runId, batch) => writeBatch(await folderOf(root, runId), batch),
    logDataset: async (runId, input) => writeDataset(await folderOf(root, runId), runId, input),
    logArtefact: async (runId, path, name) => {
      const target = join(await folderOf(root, runId), 'artifacts', ...safeParts(name));
      await mkdir(dirname(target), { recursive: true });
      await copyFile(path, target);
    },
    endRun: async (runId, end) => writeEnd(await folderOf(root, runId), end),
    runsOf: async (experiment) => {
      const folder = await experimentFolder(root, experiment);
      return folder === undefined ? [] : readRuns(folder);
    },
  };
}

async function openRun(root: string, run: NewRun): Promise<string> {
  const folder = (await experimentFolder(root, run.experiment)) ?? (await createExperiment(root, run));
  const runId = hashOf(run.key); // the same key finds its folder again
  const runFolder = join(folder, runId);
  for (const part of ['params', 'metrics', 'tags', 'artifacts']) await mkdir(join(runFolder, part), { recursive: true });
  const tags = {
    [KEY_TAG]: run.key,
    'mlflow.runName': run.name,
    'mlflow.user': run.user,
    'mlflow.source.name': 'trainer',
    'mlflow.source.type': 'LOCAL',
  };
  for (const [key, value] of Object.entries(tags)) await writeFile(join(runFolder, 'tags', key), value);
  const meta = {
    artifact_uri: pathToFileURL(join(runFolder, 'artifacts')).href,
    end_time: null,
    entry_point_name: '',
    experiment_id: folder.slice(root.length + 1),
    lifecycle_stage: 'active',
    run_id: runId,
    run_name: run.name,
    source_name: '',
    source_type: SOURCE_TYPE_LOCAL,
    source_version: '',
    start_time: run.startTimeMs,
    status: STATUS_CODES.RUNNING,
    tags: [],
    user_id: run.user,
  };
  if ((await readYaml(join(runFolder, META), RunMetaSchema)) === undefined) await writeYaml(join(runFolder, META), meta);
  return runId;
}

async function createExperiment(root: string, { experiment, startTimeMs }: NewRun): Promise<string> {
  const id = decimalId(experiment); // two trainers that begin at once choose the same
  const folder = join(root, id);
  await mkdir(folder, { recursive: true });
  await writeYaml(join(folder, META), {
    artifact_location: pathToFileURL(folder).href,
    creation_time: startTimeMs,
    experiment_id: id,
    last_update_time: startTimeMs,
    lifecycle_stage: 'active',
    name: experiment,
  });
  return folder;
}

async function experimentFolder(root: string, name: string): Promise<string | undefined> {
  for (const folder of await subfolders(root)) {
    const meta = await readYaml(join(root, folder, META), ExperimentSchema);
    if (meta?.name === name && meta.lifecycle_stage === 'active') return join(root, folder);
  }
  return undefined;
}

async function folderOf(root: string, runId: string): Promise<string> {
  for (const experiment of await subfolders(root)) {
    const folder = join(root, experiment, runId);
    if ((await readYaml(join(folder, META), RunMetaSchema)) !== undefined) return folder;
  }
  throw new TrackingError('tracking_not_found', `no run ${runId} in ${root}`);
}

async function writeBatch(folder: string, { metrics, params, tags }: Batch): Promise<void> {
  for (const [key, value] of params) await put(join(folder, 'params', ...safeParts(key)), value);
  for (const [key, value] of tags) await put(join(folder, 'tags', ...safeParts(key)), value);
  for (const { key, value, timestampMs, step } of metrics) {
    const path = join(folder, 'metrics', ...safeParts(key));
    const line = `${timestampMs} ${pythonNumber(value)} ${step}\n`;
    const isThere = (await readFile(path, 'utf8').catch(() => '')).split('\n').includes(line.trimEnd());
    if (isThere) continue; // written before by a sender that was killed then
    await mkdir(dirname(path), { recursive: true });
    await appendFile(path, line);
  }
}

async function writeDataset(folder: string, runId: string, { name, digest, source, context }: DatasetInput): Promise<void> {
  const shortDigest = digest.slice(0, MAX_DIGEST_CHARACTERS);
  const datasetId = hashOf(name, shortDigest);
  const dataset = {
    digest: shortDigest,
    name,
    profile: null,
    schema: null,
    source: JSON.stringify({ tags: { source, digest } }),
    source_type: 'code',
  };
  const input = {
    destination_id: runId,
    destination_type: 'RUN',
    source_id: datasetId,
    source_type: 'DATASET',
    tags: { 'mlflow.data.context': context },
  };
  await put(join(folder, '..', 'datasets', datasetId, META), stringify(dataset));
  await put(join(folder, 'inputs', hashOf(datasetId, runId), META), stringify(input));
}

async function writeEnd(folder: string, { status, endTimeMs }: { status: RunStatus; endTimeMs: number }): Promise<void> {
  const meta = await readYaml(join(folder, META), RunMetaSchema);
  await writeYaml(join(folder, META), { ...meta, status: STATUS_CODES[status], end_time: endTimeMs });
}

async function readRuns(folder: string): Promise<RunRecord[]> {
  const runs: RunRecord[] = [];
  for (const name of await subfolders(folder)) {
    const meta = await readYaml(join(folder, name, META), RunMetaSchema);
    if (meta?.lifecycle_stage === 'active') runs.push(await readRun(join(folder, name), meta));
  }
  return runs.sort((a, b) => b.startTimeMs - a.startTimeMs);
}

async function readRun(folder: string, meta: RunMeta): Promise<RunRecord> {
  const [params, tags, metrics] = await Promise.all(['params', 'tags', 'metrics'].map((part) => readValues(join(folder, part))));
  return {
    runId: meta.run_id,
    name: meta.run_name,
    status: Object.entries(STATUS_CODES).find(([, code]) => code === meta.status)?.[0] ?? 'UNKNOWN',
    startTimeMs: meta.start_time,
    endTimeMs: meta.end_time ?? undefined,
    params: params ?? new Map(),
    tags: tags ?? new Map(),
    metrics: new Map([...(metrics ?? [])].map(([key, lines]) => [key, lastValue(lines)])),
    artefactUri: meta.artifact_uri,
  };
}

/** The value of the highest step, the latest of it, as MLflow takes it. */
function lastValue(lines: string): number {
  const points = lines
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
    .map(([timestamp, value, step]) => ({ timestamp: Number(timestamp), value: numberOfPython(value ?? ''), step: Number(step ?? 0) }));
  return points.reduce((last, point) =>
    point.step > last.step || (point.step === last.step && point.timestamp >= last.timestamp) ? point : last,
  ).value;
}

function pythonNumber(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  return Number.isFinite(value) ? String(value) : value > 0 ? 'inf' : '-inf';
}

function numberOfPython(text: string): number {
  return { inf: Infinity, '-inf': -Infinity, nan: NaN }[text] ?? Number(text);
}

async function put(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

async function writeYaml(path: string, value: object): Promise<void> {
  await writeWhole(path, stringify(value));
}

async function readYaml<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : schema.safeParse(parse(text)).data;
}

async function subfolders(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** The parts of a name that stays below its folder. */
function safeParts(name: string): string[] {
  return name.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
}

function hashOf(...parts: readonly string[]): string {
  const hash = createHash('md5'); // as MLflow names its folders; nothing here is a secret
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** MLflow's experiments have ids of 18 digits. */
function decimalId(name: string): string {
  return BigInt(`0x${hashOf(name).slice(0, 14)}`)
    .toString()
    .padStart(18, '1')
    .slice(-18);
}

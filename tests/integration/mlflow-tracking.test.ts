/** Runs on a real MLflow server, and on disk as MLflow's own client reads them. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { cutBatch } from '../../services/trainer/tracking/batches.ts';
import { createFileStore } from '../../services/trainer/tracking/file-store.ts';
import { uploadArtefact } from '../../services/trainer/tracking/mlflow-artefacts.ts';
import { getRun } from '../../services/trainer/tracking/mlflow-client.ts';
import type { MlflowConnection } from '../../services/trainer/tracking/mlflow-http.ts';
import { createMlflowStore } from '../../services/trainer/tracking/mlflow-store.ts';
import { Tracking } from '../../services/trainer/tracking/tracking.ts';
import type { Batch, RunRecord, TrackingStore } from '../../services/trainer/tracking/tracking-store.ts';
import { mlflowPython, startMlflow, type MlflowServer } from '../helpers/mlflow-server.ts';
import { programOf } from '../helpers/parts.ts';
import { startPythonServer } from '../helpers/python-server.ts';

const NEW_RUN = { key: 'key-1', experiment: 'words', name: 'first', startTimeMs: 1_700_000_000_000, user: 'somebody' };
const NO_VALUES: Batch = { metrics: [], params: new Map(), tags: new Map() };
const STEPS = Array.from({ length: 2500 }, (_, step) => step);

let server: MlflowServer;
beforeAll(async () => {
  server = await startMlflow();
}, 120_000);
afterAll(() => server.remove());

function connection(): MlflowConnection {
  return { uri: server.url, requestTimeoutMs: 20_000, retries: 2 };
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kws-tracking-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe.each(['a server', 'disk'])('a store on %s', (kind) => {
  function open(): TrackingStore {
    return kind === 'disk' ? createFileStore(temporaryFolder()) : createMlflowStore(connection());
  }

  test('gives back the values of a run, the last ones of its metrics', async () => {
    const store = open();
    const runId = await store.openRun({ ...NEW_RUN, experiment: `values ${kind}` });
    const metrics = STEPS.map((step) => ({ key: 'validation/accuracy', value: step / 2500, timestampMs: step, step }));

    const values = { metrics, params: new Map([['training.epochs', '40']]), tags: new Map([['commit', 'a b\nc']]) };
    for (const batch of cutBatch(values)) await store.logBatch(runId, batch);
    await store.logDataset(runId, { name: 'speech', digest: 'ab'.repeat(32), source: 'folder', context: 'training' });
    await store.endRun(runId, { status: 'FINISHED', endTimeMs: 1_700_000_001_000 });

    const [run] = await store.runsOf(`values ${kind}`);
    expect(run).toMatchObject({ runId, name: 'first', status: 'FINISHED', startTimeMs: NEW_RUN.startTimeMs, endTimeMs: 1_700_000_001_000 });
    expect(run?.metrics).toEqual(new Map([['validation/accuracy', 0.9996]]));
    expect(run?.params).toEqual(new Map([['training.epochs', '40']]));
    expect(run?.tags.get('commit')).toBe('a b\nc');
  });

  test('opens one run for one key, however often it is asked to', async () => {
    const store = open();

    const ids = [await store.openRun({ ...NEW_RUN, experiment: 'keys' }), await store.openRun({ ...NEW_RUN, experiment: 'keys' })];

    expect(new Set(ids).size).toBe(1);
    expect(await store.runsOf('keys')).toHaveLength(1);
  });

  test('takes everything twice without harm', async () => {
    const store = open();
    const runId = await store.openRun({ ...NEW_RUN, experiment: 'twice' });
    const batch = { ...NO_VALUES, metrics: [{ key: 'loss', value: NaN, timestampMs: 5, step: 1 }], params: new Map([['seed', '1']]) };
    const dataset = { name: 'speech', digest: 'cd', source: 'folder', context: 'test' } as const;

    for (let time = 0; time < 2; time++) {
      await store.logBatch(runId, batch);
      await store.logDataset(runId, dataset);
      await store.logArtefact(runId, import.meta.filename, 'code/test file.ts');
    }

    const [run] = await store.runsOf('twice');
    expect(run?.metrics.get('loss')).toBeNaN();
  });

  test('has no runs of an experiment that nobody began', async () => {
    expect(await open().runsOf('nobody began this')).toEqual([]);
  });
});

test('says what the server says when it refuses a value', async () => {
  const store = createMlflowStore(connection());
  const runId = await store.openRun({ ...NEW_RUN, experiment: 'refusals' });
  await store.logBatch(runId, { ...NO_VALUES, params: new Map([['seed', '1']]) });

  const changed = store.logBatch(runId, { ...NO_VALUES, params: new Map([['seed', '2']]) });

  await expect(changed).rejects.toMatchObject({ code: 'tracking_refused', message: expect.stringContaining('seed') as unknown });
});

test('MLflow reads our folder: parameters, the course of metrics, tags, data sets and files', async () => {
  const folder = temporaryFolder();
  const store = createFileStore(folder);
  const runId = await store.openRun(NEW_RUN);
  const metrics = [1, 2, 3].map((step) => ({
    key: 'validation/accuracy',
    value: step === 2 ? NaN : step / 4,
    timestampMs: 1000 + step,
    step,
  }));
  await store.logBatch(runId, { metrics, params: new Map([['network/units', '96, 64']]), tags: new Map([['note', 'zwölf']]) });
  await store.logDataset(runId, { name: 'speech', digest: 'ab'.repeat(32), source: 'folder', context: 'training' });
  await store.logArtefact(runId, import.meta.filename, 'code/test.ts');
  await store.endRun(runId, { status: 'KILLED', endTimeMs: 1_700_000_001_000 });

  const seen: unknown = JSON.parse(runPython(READ_WITH_MLFLOW, [folder, runId]));

  expect(seen).toEqual({
    experiment: 'words',
    name: 'first',
    status: 'KILLED',
    start: NEW_RUN.startTimeMs,
    end: 1_700_000_001_000,
    params: { 'network/units': '96, 64' },
    note: 'zwölf',
    metrics: [
      [1, '0.25'],
      [2, 'nan'],
      [3, '0.75'],
    ],
    dataset: ['speech', 'ab'.repeat(18), 'training'],
    files: ['code/test.ts'],
    found: [runId],
  });
});

const READ_WITH_MLFLOW = `
import json, sys
from mlflow import MlflowClient
client = MlflowClient(tracking_uri='file://' + sys.argv[1])
run = client.get_run(sys.argv[2])
experiment = client.get_experiment(run.info.experiment_id)
dataset = run.inputs.dataset_inputs[0]
print(json.dumps({
  'experiment': experiment.name, 'name': run.info.run_name, 'status': run.info.status, 'start': run.info.start_time, 'end': run.info.end_time,
  'params': run.data.params, 'note': run.data.tags['note'],
  'metrics': [[m.step, str(m.value)] for m in client.get_metric_history(run.info.run_id, 'validation/accuracy')],
  'dataset': [dataset.dataset.name, dataset.dataset.digest, dataset.tags[0].value],
  'files': [f.path for f in client.list_artifacts(run.info.run_id, 'code')],
  'found': [r.info.run_id for r in client.search_runs([experiment.experiment_id], "params.\`network/units\` = '96, 64'")],
}))
`;

function runPython(code: string, args: readonly string[]): string {
  const env = { ...process.env, MLFLOW_ALLOW_FILE_STORE: 'true', MLFLOW_DISABLE_TELEMETRY: 'true' };
  return execFileSync(mlflowPython(), ['-c', code, ...args], { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('a run under way', () => {
  function tracking(experiment: string, warnings: string[] = [], spoolDirectory = temporaryFolder()): Tracking {
    return new Tracking({
      store: createMlflowStore({ ...connection(), retries: 0 }),
      experiment,
      spoolDirectory,
      user: 'somebody',
      warn: (message) => warnings.push(message),
      nowMs: Date.now,
      finishWaitMs: 20_000,
    });
  }

  test('can be watched while it goes on, and is whole when it has ended', async () => {
    const run = tracking('live').startRun('live run');
    run.params({ epochs: 2 });
    run.metrics({ loss: 2 }, 1);

    await expect.poll(async () => (await runsOf('live'))[0]?.metrics.get('loss'), { timeout: 20_000 }).toBe(2);
    expect((await runsOf('live'))[0]?.status).toBe('RUNNING');
    run.metrics({ loss: 1 }, 2);
    run.artefact(import.meta.filename, 'model/weights.bin');
    await run.finish('FINISHED');

    const [ended] = await runsOf('live');
    expect(ended).toMatchObject({ status: 'FINISHED', name: 'live run' });
    expect(ended?.metrics.get('loss')).toBe(1);
    expect(await filesOf(ended!, 'model')).toEqual(['model/weights.bin']);
  });

  test('is marked as failed at the next start when its process was killed, with all it had told', async () => {
    const spoolDirectory = temporaryFolder();
    await killedTraining(spoolDirectory);

    await tracking('killed', [], spoolDirectory).recover();

    const [run] = await runsOf('killed');
    expect(run?.status).toBe('FAILED');
    expect(run?.metrics.get('loss')).toBe(0.25);
    expect(readdirSync(spoolDirectory)).toEqual([]);
  });

  test('goes on without its server, and the next start tells the server all of it', { timeout: 240_000 }, async () => {
    const spoolDirectory = temporaryFolder();
    const warnings: string[] = [];
    await server.stop();
    const away = new Tracking({
      store: createMlflowStore({ ...connection(), retries: 0 }),
      experiment: 'away',
      spoolDirectory,
      user: 'somebody',
      warn: (message) => warnings.push(message),
      nowMs: Date.now,
      finishWaitMs: 50,
    });

    const run = away.startRun('without a server');
    for (let epoch = 1; epoch <= 5; epoch++) run.metrics({ loss: 1 / epoch }, epoch);
    await run.finish('FINISHED');
    await server.restart();
    await tracking('away', warnings, spoolDirectory).recover();

    const [ended] = await runsOf('away');
    expect(ended).toMatchObject({ status: 'FINISHED', name: 'without a server' });
    expect(ended?.metrics.get('loss')).toBe(0.2);
    expect(warnings[0]).toContain('keeping the run on disk');
    expect(readdirSync(spoolDirectory)).toEqual([]);
  });

  function runsOf(experiment: string): Promise<readonly RunRecord[]> {
    return createMlflowStore(connection()).runsOf(experiment);
  }
});

/** A process that tells of a run and is killed in the middle of it. */
async function killedTraining(spoolDirectory: string): Promise<void> {
  const script = join(temporaryFolder(), 'training.ts');
  const folder = join(import.meta.dirname, '../../services/trainer/tracking');
  writeFileSync(
    script,
    `import { createMlflowStore } from ${JSON.stringify(join(folder, 'mlflow-store.ts'))};
     import { Tracking } from ${JSON.stringify(join(folder, 'tracking.ts'))};
     const [uri, spoolDirectory] = process.argv.slice(2);
     const store = createMlflowStore({ uri, requestTimeoutMs: 10000, retries: 0 });
     const tracking = new Tracking({ store, experiment: 'killed', spoolDirectory, user: 'u', warn: console.error, nowMs: Date.now });
     const run = tracking.startRun('to be killed');
     for (let epoch = 1; epoch <= 4; epoch++) run.metrics({ loss: 1 / epoch }, epoch);
     console.log('told');
     setInterval(() => undefined, 1000);`,
  );
  const child = spawn(process.execPath, ['--import', 'tsx', script, server.url, spoolDirectory], {
    cwd: join(import.meta.dirname, '../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** What MLflow's proxy lists below a folder of a run. */
async function filesOf({ runId, artefactUri }: RunRecord, folder: string, url = server.url): Promise<string[]> {
  expect(artefactUri).toMatch(/^mlflow-artifacts:/);
  const answer = await fetch(`${url}/api/2.0/mlflow/artifacts/list?run_id=${runId}&path=${folder}`);
  const { files = [] } = (await answer.json()) as { files?: { path: string }[] };
  return files.map(({ path }) => path);
}

test('sends a large file in parts, straight into the storage behind the proxy', { timeout: 240_000 }, async () => {
  const keys = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_DEFAULT_REGION: 'us-east-1' };
  const storage = await startPythonServer({
    program: programOf('s3-server'),
    args: (port) => ['-p', String(port)],
    readyPath: '/moto-api/',
  });
  onTestFinished(() => storage.stop());
  await fetch(`${storage.url}/artefacts`, { method: 'PUT' });
  const withStorage = await startMlflow({
    artefactsDestination: 's3://artefacts/files',
    environment: { ...keys, MLFLOW_S3_ENDPOINT_URL: storage.url },
  });
  onTestFinished(() => withStorage.remove());
  const there = { ...connection(), uri: withStorage.url };
  const runId = await createMlflowStore(there).openRun(NEW_RUN);
  const run = await getRun(there, runId);
  const path = join(temporaryFolder(), 'weights.bin');
  const content = Buffer.alloc(11 * 1024 * 1024, 'weights');
  writeFileSync(path, content);

  await uploadArtefact(
    there,
    { artefactUri: run.artefactUri, path, name: 'model/weights.bin' },
    { fromBytes: 1024, partBytes: 5 * 1024 * 1024 },
  );

  expect(await filesOf(run, 'model', withStorage.url)).toEqual(['model/weights.bin']);
  const stored = await fetch(`${storage.url}/artefacts/files/${run.artefactUri.replace(/^mlflow-artifacts:\//, '')}/model/weights.bin`);
  expect(stored.headers.get('etag')).toMatch(/-3"$/); // S3 says of how many parts an object is
  expect(Buffer.compare(Buffer.from(await stored.arrayBuffer()), content)).toBe(0);
});

/** Cycles of the real trainer on tones: they end, however often the trainer is killed, and nothing half-published is ever in force. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';

import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';

import { readArtefact } from '#shared/model/artefact.ts';

import { Ledger } from '../../../../services/trainer/publication/cycle/ledger.ts';
import { takeLease } from '../../../../services/trainer/publication/cycle/lease.ts';
import { ModelRegistry } from '../../../../services/trainer/publication/model-registry.ts';
import { randomFor } from '../../../../services/trainer/random.ts';
import { startNats, type NatsServer } from '../../../helpers/nats-server.ts';
import { lockToneCorpus, mislabelTestClip, writeToneCorpus } from '../../../helpers/tone-corpus.ts';

const PROJECT = join(import.meta.dirname, '../../../..');
const KILLS = 20;
/** A kill comes at most so many lines after the start, and then so long after the line: a whole cycle says about nine. */
const LINES_BEFORE_KILL = 4;
const LATEST_KILL_MS = 1500;
const CYCLE_TIMEOUT_MS = 600_000;
const KILLS_TIMEOUT_MS = 3_600_000;

let server: NatsServer;
let connection: NatsConnection;
let registry: ModelRegistry;
let folder: string;

beforeAll(async () => {
  server = await startNats();
  connection = await connect({ servers: server.url });
  registry = await ModelRegistry.open(connection);
});
afterAll(async () => {
  await connection.close();
  await server.remove();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kws-cycle-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

/** `trainer cycle --once` on the tones, in a process of its own; `name` keeps tests apart. */
function startCycle(name: string, rules = RULES): ChildProcess {
  const settings = [`name=${name}`, 'model=small', 'train=quick', 'augment=none', 'data.keywords=[low, high]'];
  const quick = ['train.epochs=3', 'train.batchSize=16', 'train.learningRate=0.01', 'train.averageDecay=0'];
  const examples = ['rareWordRepeats=1', 'partialWords=0', 'otherSpeech=0', 'silence=8'].map((example) => `data.examples.${example}`);
  const options = ['--data', join(folder, 'data'), '--folder', join(folder, 'cycle'), '--rules', join(PROJECT, rules)];
  return spawn(
    process.execPath,
    [
      ...['--import', import.meta.resolve('tsx'), join(PROJECT, 'services/trainer/main.ts'), 'cycle'],
      ...[...settings, ...quick, ...examples, ...options, '--no-streaming', '--once'],
    ],
    { cwd: folder, env: { ...process.env, NATS_URL: server.url, TF_CPP_MIN_LOG_LEVEL: '2' }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
}

const RULES = 'tests/fixtures/gate-tones.yaml';

/** Waits for the end of a process. @returns its exit code, none if it was killed, and what it said */
async function ended(child: ChildProcess): Promise<{ code: number | null; said: string }> {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

/** Resolves when the trainer has said so many lines of its stages and epochs, or with its end. */
async function hasSaid(child: ChildProcess, lines: number): Promise<void> {
  if (!child.stderr) return;
  let said = 0;
  for await (const line of createInterface(child.stderr)) if (/→|^epoch|going on/.test(line) && ++said >= lines) break;
  child.stderr.resume();
}

test(
  'trains, judges and publishes when the data set changes, and has nothing to do when it does not',
  { timeout: CYCLE_TIMEOUT_MS },
  async () => {
    await writeToneCorpus(join(folder, 'data'));
    const digest = await lockToneCorpus(join(folder, 'data'));

    const first = await ended(startCycle('tones'));
    const again = await ended(startCycle('tones'));

    expect(first.said).toContain('publishing → reporting');
    expect(first.code).toBe(0);
    expect(again).toMatchObject({ code: 0, said: expect.stringContaining('nothing to do') as unknown });
    const current = await registry.current('tones');
    const { manifest } = await readArtefact(await registry.fetch(current!.pointer));
    expect(manifest.version).toBe(current?.pointer.version);
    expect(manifest.dataset.digest).toBe(digest);
    expect(await registry.history('tones')).toHaveLength(1);
    const [id] = (await readdir(join(folder, 'cycle'))).filter((name) => name !== 'state.json');
    expect(await readFile(join(folder, 'cycle', id!, 'report.md'), 'utf8')).toContain('Passed.');
  },
);

test('leaves the model in force when the candidate does not hold the rules', { timeout: CYCLE_TIMEOUT_MS }, async () => {
  await writeToneCorpus(join(folder, 'data'));
  await mislabelTestClip(join(folder, 'data'));
  await lockToneCorpus(join(folder, 'data'));

  const { said } = await ended(startCycle('refused', 'tests/fixtures/gate-impossible.yaml'));

  expect(said).toContain('judging → reporting');
  expect(await registry.current('refused')).toBeUndefined();
});

test('reports a data set that is not fit to train on, and does not train', { timeout: CYCLE_TIMEOUT_MS }, async () => {
  await writeToneCorpus(join(folder, 'data'), 0);
  await lockToneCorpus(join(folder, 'data'));

  const { said, code } = await ended(startCycle('unfit'));

  expect(said).toContain('validating → reporting');
  expect(said).toMatch(/\(invalid_dataset\) See .*report\.md/);
  expect(code).toBe(0);
});

test('waits for nobody who is dead, and works beside nobody who lives', async () => {
  const lease = await takeLease(connection, 'cycle.leased', 'other');

  await expect(takeLease(connection, 'cycle.leased', 'ours')).rejects.toMatchObject({ code: 'cycle_running_elsewhere' });
  await lease.release();
  await (await takeLease(connection, 'cycle.leased', 'ours')).release();
});

test(`ends every cycle although it is killed ${KILLS} times, and never shows half a model`, { timeout: KILLS_TIMEOUT_MS }, async () => {
  const ledger = await Ledger.open(connection, 'killed');
  const random = randomFor(7);
  let trainingClips = 18;
  await writeToneCorpus(join(folder, 'data'), trainingClips);
  let digest = await lockToneCorpus(join(folder, 'data'));

  for (let kill = 0; kill < KILLS; kill++) {
    if ((await ledger.last())?.datasetDigest === digest) {
      await writeToneCorpus(join(folder, 'data'), ++trainingClips); // there is more to learn from: the next cycle
      digest = await lockToneCorpus(join(folder, 'data'));
    }
    const child = startCycle('killed');
    const exited = once(child, 'exit');
    const isDue = hasSaid(child, 1 + random.below(LINES_BEFORE_KILL)).then(() => wait(random.between(0, LATEST_KILL_MS)));
    await Promise.race([exited, isDue]);
    child.kill('SIGKILL');
    await exited;
    await expectWholeModel('killed');
  }
  const last = await ended(startCycle('killed'));

  expect(last.code).toBe(0);
  expect((await ledger.last())?.datasetDigest).toBe(digest);
  const published = await Promise.all((await registry.history('killed')).map(async ({ pointer }) => registry.fetch(pointer)));
  const learnedFrom = await Promise.all(published.map(async (files) => (await readArtefact(files)).manifest.dataset.digest));
  expect(learnedFrom.at(-1)).toBe(digest);
  expect(new Set(learnedFrom).size).toBe(learnedFrom.length); // nothing was published twice
});

/** What is in force, if anything is, can be fetched and is whole. */
async function expectWholeModel(name: string): Promise<void> {
  const current = await registry.current(name);
  if (current) await readArtefact(await registry.fetch(current.pointer));
}

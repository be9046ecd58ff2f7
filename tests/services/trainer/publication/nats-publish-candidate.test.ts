/** Candidates past the gate on a real NATS server, judged on tones with the production kernel. */

import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { createKernelEngine } from '#shared/kernel/kernel-engine.ts';
import { SILENCE_LABEL, UNKNOWN_LABEL } from '#shared/model/manifest.ts';

import { compileKernel } from '../../../../services/trainer/kernel.ts';
import { loadArtefact } from '../../../../services/trainer/artefact-files.ts';
import { GateRulesSchema } from '../../../../services/trainer/publication/gate-rules.ts';
import { costRatio } from '../../../../services/trainer/publication/kernel-cost.ts';
import { ModelRegistry } from '../../../../services/trainer/publication/model-registry.ts';
import {
  judgeCandidate,
  publishCandidate,
  publishJudged,
  writeFiles,
  type Candidacy,
} from '../../../../services/trainer/publication/publish-candidate.ts';
import { startNats, type NatsServer } from '../../../helpers/nats-server.ts';
import { tinyArtefactFiles } from '../../../helpers/tiny-model.ts';
import { writeToneCorpus } from '../../../helpers/tone-corpus.ts';

const POINT = { threshold: 0.5, patience: 1, refractoryMs: 500 };
/** Whatever an untrained network does is good enough, as long as it is not compared. */
const LAX = GateRulesSchema.parse({ minAccuracy: 0, minAccuracyGain: -1, maxCostRatio: 1000 });
const HARSH = GateRulesSchema.parse({ minAccuracy: 0, minAccuracyGain: 1, maxCostRatio: 1000 });

let server: NatsServer;
let connection: NatsConnection;
let registry: ModelRegistry;
let folder: string;
let tests: Candidacy['tests'];
beforeAll(async () => {
  server = await startNats();
  connection = await connect({ servers: server.url });
  registry = await ModelRegistry.open(connection);
  folder = await mkdtemp(join(tmpdir(), 'kws-candidates-'));
  await writeToneCorpus(folder);
  tests = { dataDirectory: folder, engine: await createKernelEngine(await compileKernel()), streams: undefined };
});
afterAll(async () => {
  await connection.close();
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

/** A candidacy of an untrained network. `name` keeps tests apart. */
async function candidacy(name: string, version: string, overrides: Partial<Candidacy> = {}): Promise<Candidacy> {
  const candidateDirectory = join(folder, `${name}-${version}`);
  await mkdir(candidateDirectory, { recursive: true });
  const files = await tinyArtefactFiles({
    ...{ name, version, seed: Number(version), labels: ['low', 'high', UNKNOWN_LABEL, SILENCE_LABEL], keywords: ['low', 'high'] },
    operatingPoints: { low: POINT, high: POINT },
  });
  await writeFiles(candidateDirectory, files);
  const workDirectory = join(folder, 'work');
  return { registry, candidateDirectory, tests, rules: LAX, introduction: { mode: 'all' }, workDirectory, ...overrides };
}

test('publishes what holds the rules, judged beside the model in force', async () => {
  const first = await publishCandidate(await candidacy('holds', '1'));
  const second = await publishCandidate(await candidacy('holds', '2', { version: '2.0.0' }));

  expect(first).toMatchObject({ verdict: { passes: true }, incumbent: undefined, published: { reference: { version: '1' } } });
  expect(second).toMatchObject({ verdict: { passes: true }, incumbent: { version: '1' }, published: { reference: { version: '2.0.0' } } });
  expect((await registry.current('holds'))?.pointer.version).toBe('2.0.0');
  expect(await readdir(join(folder, 'work'))).toEqual([]);
});

test('leaves the model in force when the rules do not hold', async () => {
  await publishCandidate(await candidacy('refused', '1'));

  const result = await publishCandidate(await candidacy('refused', '2', { rules: HARSH }));

  expect(result.verdict.passes).toBe(false);
  expect(result.published).toBeUndefined();
  expect((await registry.current('refused'))?.pointer.version).toBe('1');
});

test('publishes all the same when it is forced, and the pointer says why', async () => {
  await publishCandidate(await candidacy('forced', '1'));

  await publishCandidate(await candidacy('forced', '2', { rules: HARSH, forcedBecause: 'the old one is deaf' }));

  expect((await registry.current('forced'))?.pointer).toMatchObject({ version: '2', note: 'the old one is deaf' });
});

test('does not replace a model that the candidate was not judged against', async () => {
  await publishCandidate(await candidacy('overtaken', '1'));
  const slow = await candidacy('overtaken', '2');
  const { from } = await judgeCandidate(slow);
  await publishCandidate(await candidacy('overtaken', '3'));

  const late = publishJudged(slow, from);

  await expect(late).rejects.toMatchObject({ code: 'publish_conflict' });
  expect((await registry.current('overtaken'))?.pointer.version).toBe('3');
});

test('compares the least times of both sides, so that what slows single rounds does not count', async () => {
  const artefact = await loadArtefact((await candidacy('cost', '1')).candidateDirectory);
  let reading = 0;
  let nowMs = 0;
  const clock = (): number => {
    const [round, isEnd] = [Math.floor(reading / 4), reading % 2 === 1];
    const isCandidate = reading % 4 < 2 === (round % 2 === 0); // the sides take turns in being first
    reading++;
    if (isEnd) nowMs += isCandidate ? 3 + (round % 5) : 2 + (round % 7);
    return nowMs;
  };

  expect(costRatio(tests.engine, { candidate: artefact, incumbent: artefact }, clock)).toBe(1.5);
});

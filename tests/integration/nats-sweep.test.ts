/** A work queue of trials on a real NATS server: every trial once, whoever dies. */

import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { PublicationError } from '../../services/trainer/publication/publication-error.ts';
import { bestTrial, sweep, tableOfTrials } from '../../services/trainer/publication/sweep/sweep.ts';
import { MAX_DELIVERIES, SweepQueue, type Trial } from '../../services/trainer/publication/sweep/sweep-queue.ts';
import { work } from '../../services/trainer/publication/sweep/worker.ts';
import { startNats, type NatsServer } from '../helpers/nats-server.ts';

const ACK_WAIT_MS = 1000;
const NEVER = new AbortController().signal;

let server: NatsServer;
let connection: NatsConnection;
let queue: SweepQueue;
beforeAll(async () => {
  server = await startNats();
  connection = await connect({ servers: server.url });
  queue = await SweepQueue.open(connection, ACK_WAIT_MS);
});
afterAll(async () => {
  await connection.close();
  await server.remove();
});

function trialsNamed(name: string, count: number): Trial[] {
  return Array.from({ length: count }, (_, trial) => ({
    sweep: name,
    trial,
    main: 'config',
    overrides: ['model=small', `train.epochs=${trial + 1}`],
  }));
}

const options = { signal: NEVER, log: () => undefined, untilEmpty: true };
const accuracyOf = ({ trial }: Trial) => Promise.resolve({ validationAccuracy: trial / 10, artefact: `artefact-${trial}` });

test('several workers share the trials, and the best one is found', async () => {
  const trials = trialsNamed('shared', 9);
  await queue.enqueue(trials);
  const done: number[] = [];
  const run = (trial: Trial) => {
    done.push(trial.trial);
    return accuracyOf(trial);
  };

  const counts = await Promise.all([1, 2, 3].map(() => work({ ...options, queue, run })));
  const results = await sweep({ queue, trials, pollMs: 10, signal: NEVER, onProgress: () => undefined });

  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(9);
  expect(done.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(bestTrial(results)).toMatchObject({ trial: 8, outcome: { validationAccuracy: 0.8, artefact: 'artefact-8' } });
  expect(tableOfTrials(results)).toContain('80.00 %');
  expect(tableOfTrials(results)).toMatch(/^all with model=small\n/);
  expect(tableOfTrials(results)).toMatch(/│ train\.epochs=9 +│/);
});

test('a trial whose worker died is done by another, and its result counts once', async () => {
  const trials = trialsNamed('orphaned', 1);
  await queue.enqueue(trials);

  const taken = await queue.next(5000); // and its worker is killed: no word of it any more
  const results = sweep({ queue, trials, pollMs: 50, signal: NEVER, onProgress: () => undefined });
  await expect.poll(() => work({ ...options, queue, run: accuracyOf }), { timeout: 30_000 }).toBe(1);
  await queue.keep(taken!.trial, { type: 'done', validationAccuracy: 0.99, artefact: 'late' }); // the dead worker was only slow

  expect(await results).toMatchObject([{ trial: 0, outcome: { type: 'done', artefact: 'artefact-0' } }]);
  expect(await queue.resultOf(trials[0]!)).toMatchObject({ outcome: { artefact: 'artefact-0' } });
});

test('a trial that cannot go well is a result too, and is not tried again', async () => {
  const trials = trialsNamed('failing', 2);
  await queue.enqueue(trials);
  const run = (trial: Trial) => {
    if (trial.trial === 0) return Promise.reject(new PublicationError('trial_failed', 'no such word'));
    return accuracyOf(trial);
  };

  await work({ ...options, queue, run });
  const results = await sweep({ queue, trials, pollMs: 10, signal: NEVER, onProgress: () => undefined });

  expect(results.map(({ outcome }) => outcome.type)).toEqual(['failed', 'done']);
  expect(bestTrial(results).trial).toBe(1);
  expect(() => bestTrial(results.slice(0, 1))).toThrow(expect.objectContaining({ code: 'trial_failed' }));
});

test('a trial that every worker dies of is given up', async () => {
  const trials = trialsNamed('deadly', 1);
  await queue.enqueue(trials);

  for (let death = 0; death < MAX_DELIVERIES; death++) expect(await queue.next(10_000)).toBeDefined();
  await expect.poll(() => work({ ...options, queue, run: accuracyOf }), { timeout: 30_000 }).toBe(1);

  expect(await queue.resultOf(trials[0]!)).toMatchObject({ outcome: { type: 'failed' } });
});

test('a sweep that is begun again hands out only what is not over', async () => {
  const trials = trialsNamed('again', 3);
  await queue.enqueue(trials.slice(0, 2));
  await work({ ...options, queue, run: accuracyOf });

  await queue.enqueue(trials);
  const ended = await work({ ...options, queue, run: accuracyOf });

  expect(ended).toBe(1);
  expect(await queue.results(trials)).toHaveLength(3);
});

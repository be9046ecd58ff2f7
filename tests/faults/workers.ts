/** Faults of the service's own processes. */

import { setTimeout as wait } from 'node:timers/promises';

import type { BuiltService } from '../helpers/built-service.ts';
import type { Fault } from './fault.ts';
import { clientsOf, pause } from './processes.ts';
import { checkReadyAgain, checkSessions, takesSession, until } from './recovery.ts';
import { startUnderLoad } from './started.ts';

const TWO_WORKERS = { environment: { WORKERS: '2' } };
/** Not long enough to be ended for it. */
const PAUSE_MS = 2000;
const TRIES_MEANWHILE = 4;

export const workerKilled: Fault = {
  name: 'worker-killed',
  describe: 'kill -9 of one of two workers',
  run: async (report) => {
    await using started = await startUnderLoad(TWO_WORKERS);
    const { service, load } = started;
    const victim = await firstWorker(service);
    const lost = await clientsOf(victim, portOf(service));

    process.kill(victim, 'SIGKILL');

    await checkReadyAgain(service, report);
    const replacedMs = await until(async () => (await service.pids()).length === 3);
    report.check('the worker is replaced', replacedMs !== undefined, `${((replacedMs ?? NaN) / 1000).toFixed(1)} s`);
    await until(() => load.streaming === 8);
    await checkSessions(load, report, { lost });
    noteLog(service, ['worker crashed'], report.note);
  },
};

export const workerPaused: Fault = {
  name: 'worker-paused',
  describe: `SIGSTOP of one of two workers for ${PAUSE_MS / 1000} s`,
  run: async (report) => {
    await using started = await startUnderLoad(TWO_WORKERS);
    const { service, load } = started;
    const resume = pause(await firstWorker(service));

    const isTaken: boolean[] = [];
    for (let i = 0; i < TRIES_MEANWHILE; i++) isTaken.push(await takesSession(service.url));
    const beganMs = performance.now();
    await service.scrape();
    report.note(`a scrape of /metrics takes ${((performance.now() - beganMs) / 1000).toFixed(1)} s meanwhile`);
    await wait(PAUSE_MS);
    resume();

    const taken = isTaken.filter(Boolean).length;
    report.check('new sessions are taken meanwhile, all but one at most', taken >= TRIES_MEANWHILE - 1, `${taken} of ${TRIES_MEANWHILE}`);
    await checkReadyAgain(service, report);
    await checkSessions(load, report, { lost: 0 });
    noteLog(service, ['worker crashed'], report.note);
  },
};

export const workerFrozen: Fault = {
  name: 'worker-frozen',
  describe: 'SIGSTOP of one of two workers, for good',
  run: async (report) => {
    await using started = await startUnderLoad(TWO_WORKERS);
    const { service, load } = started;
    const victim = await firstWorker(service);
    const lost = await clientsOf(victim, portOf(service));

    pause(victim);

    const endedMs = await until(async () => !(await service.pids()).includes(victim));
    report.check('the frozen worker is ended', endedMs !== undefined, `${((endedMs ?? NaN) / 1000).toFixed(1)} s after it froze`);
    await checkReadyAgain(service, report);
    const replacedMs = await until(async () => (await service.pids()).length === 3);
    report.check('the worker is replaced', replacedMs !== undefined, `${((replacedMs ?? NaN) / 1000).toFixed(1)} s`);
    await until(() => load.streaming === 8);
    await checkSessions(load, report, { lost });
    noteLog(service, ['worker frozen', 'worker crashed'], report.note);
  },
};

/** Tells which of these lines the log holds, and how often. */
export function noteLog(service: BuiltService, messages: readonly string[], note: (text: string) => void): void {
  for (const message of messages) {
    const lines = service.log.filter(({ msg }) => msg === message);
    if (lines.length > 0) note(`log: ${lines.length} × ${JSON.stringify(lines[0]).slice(0, 300)}`);
  }
}

export function portOf({ url }: Pick<BuiltService, 'url'>): number {
  return Number(new URL(url).port);
}

async function firstWorker(service: BuiltService): Promise<number> {
  const [, worker] = await service.pids();
  if (worker === undefined) throw new Error('the service has no workers');
  return worker;
}

/** Several processes on one port: one that crashes is replaced, and their metrics are those of one service. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';

import { expect, onTestFinished, test } from 'vitest';

import { connect, MONO_S16 } from '../helpers/stream-client.ts';
import { PROJECT_DIRECTORY, writeTinyModel } from '../helpers/test-server.ts';

const MAIN = join(PROJECT_DIRECTORY, 'services', 'stream', 'main.ts');

test('a crashed worker is replaced, metrics are summed, and SIGTERM ends all with 0', async () => {
  const directory = await writeTinyModel();
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN], {
    cwd: PROJECT_DIRECTORY,
    env: { ...process.env, PORT: '0', WORKERS: '2', MODEL_SOURCE: `file:${directory}`, LOG_LEVEL: 'info', DRAIN_TIMEOUT_MS: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await rm(directory, { recursive: true });
  });
  const log = createInterface(child.stderr)[Symbol.asyncIterator]();
  const nextStarted = async (): Promise<number> => {
    for (;;) {
      const { msg, pid } = JSON.parse(String((await log.next()).value)) as { msg: string; pid: number };
      if (msg === 'service started') return pid;
    }
  };
  const listening = String((await createInterface(child.stdout)[Symbol.asyncIterator]().next()).value);
  const url = /^listening on (http:\S+)$/.exec(listening)![1]!;
  const pids = [await nextStarted(), await nextStarted()];

  const clients = await Promise.all([connect(url), connect(url), connect(url), connect(url)]);
  for (const client of clients) client.send(MONO_S16);
  for (const client of clients) await client.next('ready');
  const metrics = await (await fetch(`${url}/metrics`)).text();
  process.kill(pids[0]!, 'SIGKILL');
  const replacement = await nextStarted();
  const later = await connect(url);
  later.send(MONO_S16);
  await later.next('ready');
  const exited = once(child, 'close');
  child.kill('SIGTERM');

  expect(metrics).toContain('\nkws_sessions 4\n');
  expect(metrics).toMatch(/kws_model_info\{[^}]*\} 1\n/);
  expect(pids).not.toContain(replacement);
  expect(await later.closed).toMatchObject({ code: 1012 });
  expect(await exited).toEqual([0, null]);
});

test.skipIf(process.platform !== 'linux')(
  'a worker that is killed before it listens keeps the service from nothing, and is replaced',
  async () => {
    const directory = await writeTinyModel();
    const child = spawn(process.execPath, ['--import', 'tsx', MAIN], {
      cwd: PROJECT_DIRECTORY,
      env: { ...process.env, PORT: '0', WORKERS: '2', MODEL_SOURCE: `file:${directory}`, LOG_LEVEL: 'info', DRAIN_TIMEOUT_MS: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onTestFinished(async () => {
      child.kill('SIGKILL');
      await rm(directory, { recursive: true });
    });
    const workers = (): readonly number[] =>
      readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    const startedPids: number[] = [];
    createInterface(child.stderr).on('line', (line) => {
      const { msg, pid } = JSON.parse(line) as { msg: string; pid: number };
      if (msg === 'service started') startedPids.push(pid);
    });
    const listening = once(createInterface(child.stdout), 'line');
    while (startedPids.length === 0 || workers().every((pid) => startedPids.includes(pid))) await setImmediate();
    const starting = workers().find((pid) => !startedPids.includes(pid))!;

    process.kill(starting, 'SIGKILL');
    const [line] = (await listening) as [string];
    while (startedPids.length < 2) await setImmediate();

    expect(line).toMatch(/^listening on http:/);
    expect(startedPids).not.toContain(starting);
  },
);

test.skipIf(process.platform !== 'linux')('a worker that freezes for good is ended and replaced, and the service goes on', async () => {
  const directory = await writeTinyModel();
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN], {
    cwd: PROJECT_DIRECTORY,
    env: { ...process.env, PORT: '0', WORKERS: '2', MODEL_SOURCE: `file:${directory}`, LOG_LEVEL: 'info', DRAIN_TIMEOUT_MS: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await rm(directory, { recursive: true });
  });
  const log = createInterface(child.stderr)[Symbol.asyncIterator]();
  const next = async (message: string): Promise<Record<string, unknown>> => {
    for (;;) {
      const line = JSON.parse(String((await log.next()).value)) as Record<string, unknown>;
      if (line['msg'] === message) return line;
    }
  };
  const listening = String((await createInterface(child.stdout)[Symbol.asyncIterator]().next()).value);
  const url = /^listening on (http:\S+)$/.exec(listening)![1]!;
  await next('service started');
  const frozen = Number((await next('service started'))['pid']); // it has given no other sign of life yet

  process.kill(frozen, 'SIGSTOP');
  const told = await next('worker frozen');
  const crashed = await next('worker crashed');
  const replacement = await next('service started');
  const client = await connect(url);
  client.send(MONO_S16);

  expect(told).toMatchObject({ pid: frozen });
  expect(crashed).toMatchObject({ pid: frozen, signal: 'SIGKILL' });
  expect(replacement['pid']).not.toBe(frozen);
  expect(await client.next('ready')).toMatchObject({ type: 'ready' });
});

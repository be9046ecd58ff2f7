/** The service as a process: what it prints, how it fails to start, how it stops. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { expect, onTestFinished, test } from 'vitest';

import { connect, MONO_S16 } from '../helpers/stream-client.ts';
import { PROJECT_DIRECTORY, startTestServer, writeTinyModel } from '../helpers/test-server.ts';

const MAIN = join(PROJECT_DIRECTORY, 'services', 'stream', 'main.ts');

async function startProcess(environment: Record<string, string>): Promise<ChildProcess> {
  const directory = await writeTinyModel();
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN], {
    cwd: PROJECT_DIRECTORY,
    env: { ...process.env, PORT: '0', MODEL_SOURCE: `file:${directory}`, LOG_LEVEL: 'silent', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await rm(directory, { recursive: true });
  });
  return child;
}

/** Gathers all that a process writes to its standard error, and how it ends. */
async function failureOf(child: ChildProcess): Promise<{ readonly code: unknown; readonly text: string }> {
  let text = '';
  child.stderr?.on('data', (data: Buffer) => (text += data.toString('utf8')));
  const [code] = (await once(child, 'close')) as unknown[];
  return { code, text };
}

test('prints where it listens and its model; on SIGTERM it sends clients away and exits with 0', async () => {
  const child = await startProcess({ DRAIN_TIMEOUT_MS: '10' });
  const lines = createInterface(child.stdout!)[Symbol.asyncIterator]();
  const listening = String((await lines.next()).value);
  const model = String((await lines.next()).value);
  const client = await connect(/^listening on (http:\S+)$/.exec(listening)![1]!);
  client.send(MONO_S16);
  const ready = await client.next('ready');
  const exited = once(child, 'close');

  child.kill('SIGTERM');

  expect(model).toBe(`model tiny 0.0.1 (sha256 ${ready.model.digest})`);
  expect(await client.next('goaway')).toMatchObject({ type: 'goaway' });
  expect(await client.closed).toMatchObject({ code: 1012 });
  expect(await exited).toEqual([0, null]);
});

test('says in one sentence that its port is taken', async () => {
  const port = new URL((await startTestServer()).url).port;

  const { code, text } = await failureOf(await startProcess({ PORT: port }));

  expect(text).toBe(`stream service: port ${port} of 127.0.0.1 is in use; set PORT to another (port_in_use)\n`);
  expect(code).toBe(1);
});

test.for([
  [{ MODEL_SOURCE: 'file:no/such/model' }, 'model_not_found'],
  [{ PORT: 'http' }, 'invalid_configuration'],
  [{ HOST: 'no host' }, 'cannot_listen'],
] as const)('says in one sentence why it does not start with %o', async ([environment, expectedCode]) => {
  const { code, text } = await failureOf(await startProcess({ ...environment }));

  expect(text).toMatch(new RegExp(`^stream service: [^\n]+ \\(${expectedCode}\\)\n$`));
  expect(code).toBe(1);
});

/** The stream service as an operator runs it: a process of its own, ended with the test. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { onTestFinished } from 'vitest';

import { PROJECT_DIRECTORY, writeTinyModel } from './test-server.ts';

const MAIN = join(PROJECT_DIRECTORY, 'services', 'stream', 'main.ts');

/** Starts it with a tiny model, on one core. @returns its address */
export async function startServiceProcess(environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const directory = await writeTinyModel();
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN], {
    cwd: PROJECT_DIRECTORY,
    env: { ...process.env, PORT: '0', WORKERS: '1', MODEL_SOURCE: `file:${directory}`, DRAIN_TIMEOUT_MS: '0', ...environment },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(async () => {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    await rm(directory, { recursive: true });
  });
  for await (const line of createInterface(child.stdout)) {
    const url = /^listening on (http:\S+)$/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error('the service ended before it listened');
}

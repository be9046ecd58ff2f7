/** The real service, as it is built, as a process of its own, which can be killed. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { onTestFinished } from 'vitest';

import { MANIFEST_FILE, sha256Hex, WEIGHTS_FILE } from '#shared/model/artefact.ts';
import { DEFAULT_MODEL_DIRECTORY, PROJECT_DIRECTORY } from '../../helpers/test-server.ts';

const MAIN = join(PROJECT_DIRECTORY, 'dist', 'stream', 'main.js');
/** A busy machine must not make it refuse what comes. */
const PATIENT = { MAX_LOAD_PERCENT: '100000', MAX_LAG_MS: '600000', LOG_LEVEL: 'silent' };

export interface ServiceProcess {
  readonly url: string;
  /** As the system kills a process: without a word to anybody. */
  kill(): Promise<void>;
}

/** Starts it for one test; on a port of its own unless told. */
export async function startServiceProcess(environment: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [MAIN], {
    cwd: PROJECT_DIRECTORY,
    env: { ...process.env, PORT: '0', ...PATIENT, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  onTestFinished(kill);
  const line = String((await createInterface(child.stdout)[Symbol.asyncIterator]().next()).value);
  const url = /^listening on (http:\S+)$/.exec(line)?.[1];
  if (url === undefined) throw new Error(`the service said “${line}”`);
  return { url, kill };
}

/** A copy of the default model, in a folder of the test's own. */
export async function copyDefaultModel(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'kws-model-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await cp(DEFAULT_MODEL_DIRECTORY, directory, { recursive: true });
  return directory;
}

/** The models that ship, each in a folder of its name. */
export async function copyShippedModels(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'kws-models-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await cp(DEFAULT_MODEL_DIRECTORY, join(directory, 'commands'), { recursive: true });
  await cp(join(PROJECT_DIRECTORY, 'models/wake'), join(directory, 'wake'), { recursive: true });
  return directory;
}

/** Puts the next version in the model's place: one weight is another by the least that a float can be. */
export async function publishNextVersion(directory: string, version: string): Promise<void> {
  const weights = await readFile(join(directory, WEIGHTS_FILE));
  weights.writeUInt8(weights.readUInt8(0) ^ 1, 0);
  const manifest = JSON.parse(await readFile(join(directory, MANIFEST_FILE), 'utf8')) as object;
  const digest = await sha256Hex(new Uint8Array(weights));
  await replaceFile(join(directory, WEIGHTS_FILE), weights);
  await replaceFile(join(directory, MANIFEST_FILE), JSON.stringify({ ...manifest, version, digest }));
}

async function replaceFile(path: string, content: Uint8Array | string): Promise<void> {
  await writeFile(`${path}.next`, content);
  await rename(`${path}.next`, path);
}

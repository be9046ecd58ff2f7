/** The stream service in this process, on a free port. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { pino } from 'pino';
import { onTestFinished } from 'vitest';

import { MANIFEST_FILE, WEIGHTS_FILE } from '#shared/model/artefact.ts';

import { readSettings } from '../../services/stream/config.ts';
import { startStreamServer, type StreamServer } from '../../services/stream/server.ts';
import { tinyArtefactFiles, type TinyModelOverrides } from './tiny-model.ts';

export const PROJECT_DIRECTORY = join(import.meta.dirname, '..', '..');
export const DEFAULT_MODEL_DIRECTORY = join(PROJECT_DIRECTORY, 'models', 'default');

/** A busy machine must not make a test's server refuse what comes: the tests of load have clocks of their own. */
const TEST_SETTINGS = { PORT: '0', DRAIN_TIMEOUT_MS: '0', MAX_LOAD_PERCENT: '100000', MAX_LAG_MS: '600000' };

/** Starts a server; `environment` is laid over what tests want. Its owner closes it. */
export function startServer(environment: Readonly<Record<string, string>>): Promise<StreamServer> {
  const settings = readSettings({ ...TEST_SETTINGS, ...environment }, PROJECT_DIRECTORY);
  return startStreamServer(settings, pino({ level: 'silent' }));
}

/** Starts a server with a tiny model for one test. */
export async function startTestServer(environment: Readonly<Record<string, string>> = {}): Promise<StreamServer> {
  const directory = await writeTinyModel();
  const server = await startServer({ MODEL_SOURCE: `file:${directory}`, ...environment });
  onTestFinished(async () => {
    await server.close();
    await rm(directory, { recursive: true });
  });
  return server;
}

/** Writes a tiny model into a directory of its own, which the caller removes. */
export async function writeTinyModel(overrides: TinyModelOverrides = {}): Promise<string> {
  const { manifestJson, weightsBytes } = await tinyArtefactFiles(overrides);
  const directory = await mkdtemp(join(tmpdir(), 'kws-model-'));
  await writeFile(join(directory, MANIFEST_FILE), manifestJson);
  await writeFile(join(directory, WEIGHTS_FILE), weightsBytes);
  return directory;
}

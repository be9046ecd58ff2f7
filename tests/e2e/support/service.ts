/** The real stream service with the default model and the built page, in this process. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pino } from 'pino';

import { readSettings } from '../../../services/stream/config.ts';
import { startStreamServer, type StreamServer } from '../../../services/stream/server.ts';

export const PROJECT = join(import.meta.dirname, '../../..');

/** Builds what has changed: `npm test` has done so already, an editor's test runner has not. */
export async function buildPage(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(PROJECT, 'scripts/build.mjs')], { cwd: PROJECT });
}

/** Starts on a free port of loopback, or on the one given. */
export function startService(port = 0): Promise<StreamServer> {
  const settings = readSettings({ PORT: String(port), LOG_LEVEL: 'silent', DRAIN_TIMEOUT_MS: '0' }, PROJECT);
  return startStreamServer(settings, pino({ level: 'silent' }));
}

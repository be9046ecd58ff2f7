/** Starts the stream service, and stops it in order on SIGTERM or SIGINT. */

import { destination, pino } from 'pino';

import { CodedError } from '#shared/coded-error.ts';

import { readSettings } from './config.ts';
import { projectDirectory } from './project-directory.ts';
import { startStreamServer, type StreamServer } from './server.ts';

const STDERR = 2;

try {
  const settings = readSettings(process.env, projectDirectory(import.meta.dirname));
  const log = pino({ level: settings.logLevel }, destination(STDERR));
  const server = await startStreamServer(settings, log);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void stop(server).catch(fail)); // a second one finds no listener and ends the process at once
  }
  const { name, version, digest } = server.model;
  process.stdout.write(`listening on ${server.url}\nmodel ${name} ${version} (sha256 ${digest})\n`);
} catch (error) {
  fail(error);
}

async function stop(server: StreamServer): Promise<void> {
  await server.drain();
  await server.close();
}

/** Ends with one sentence where the operator can act on it, with the stack where the mistake is ours. */
function fail(error: unknown): void {
  if (!(error instanceof CodedError)) throw error;
  process.stderr.write(`stream service: ${error.message} (${error.code})\n`);
  process.exitCode = 1;
}

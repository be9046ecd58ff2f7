/** Starts the stream service, on all cores, and stops it in order on SIGTERM or SIGINT. */

import cluster from 'node:cluster';

import { destination, pino, type Logger } from 'pino';

import { CodedError } from '#shared/coded-error.ts';
import type { ModelSummary } from '#shared/protocol/messages.ts';

import { SupervisorMessageSchema, type WorkerMessage } from './cluster/messages.ts';
import { HEARTBEAT_MS } from './cluster/silence.ts';
import { Supervisor } from './cluster/supervisor.ts';
import { WorkerMetrics } from './cluster/worker-metrics.ts';
import { readSettings, type StreamSettings } from './config.ts';
import { projectDirectory } from './project-directory.ts';
import { startStreamServer, type StreamServer } from './server.ts';

const STDERR = 2;
const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

try {
  const settings = readSettings(process.env, projectDirectory(import.meta.dirname));
  const log = pino({ level: settings.logLevel }, destination(STDERR));
  if (cluster.isWorker) await runWorker(settings, log);
  else if (settings.workers > 1) await runSupervisor(settings, log);
  else await runAlone(settings, log);
} catch (error) {
  fail(error);
}

async function runAlone(settings: StreamSettings, log: Logger): Promise<void> {
  const server = await startStreamServer(settings, log);
  stopOnSignal(() => stop(server));
  announce(server);
}

async function runSupervisor({ workers, limits }: StreamSettings, log: Logger): Promise<void> {
  const supervisor = new Supervisor({ workers, program: import.meta.filename, drainTimeoutMs: limits.drainTimeoutMs, log });
  const started = await supervisor.start();
  stopOnSignal(() => supervisor.stop());
  announce(started);
}

async function runWorker(settings: StreamSettings, log: Logger): Promise<void> {
  for (const signal of STOP_SIGNALS) process.on(signal, () => undefined); // a terminal signals all; the supervisor's word counts
  const metrics = new WorkerMetrics(tellSupervisor);
  try {
    const server = await startStreamServer(settings, log, { renderMetrics: (registry) => metrics.render(registry) });
    metrics.own(server.metrics);
    const stopOnce = once(() => stop(server).finally(() => process.disconnect()));
    process.on('message', (data) => {
      const message = SupervisorMessageSchema.parse(data);
      void (message.type === 'drain' ? stopOnce() : metrics.receive(message)).catch(fail);
    });
    process.once('disconnect', () => process.exit()); // also when the supervisor is gone
    tellSupervisor({ type: 'started', url: server.url, model: server.model });
    setInterval(() => process.connected && tellSupervisor({ type: 'alive' }), HEARTBEAT_MS).unref();
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    tellSupervisor({ type: 'failed', code: error.code, message: error.message });
    process.disconnect();
  }
}

function tellSupervisor(message: WorkerMessage): void {
  process.send?.(message);
}

function announce({ url, model: { name, version, digest } }: { readonly url: string; readonly model: ModelSummary }): void {
  process.stdout.write(`listening on ${url}\nmodel ${name} ${version} (sha256 ${digest})\n`);
}

/** A second signal finds no listener and ends the process at once. */
function stopOnSignal(stopAll: () => Promise<void>): void {
  const stopOnce = once(stopAll);
  for (const signal of STOP_SIGNALS) process.once(signal, () => void stopOnce().catch(fail));
}

async function stop(server: StreamServer): Promise<void> {
  await server.drain();
  await server.close();
}

function once<Result>(act: () => Result): () => Result {
  let done: { readonly result: Result } | undefined;
  return () => (done ??= { result: act() }).result;
}

/** Ends with one sentence where the operator can act on it, with the stack where the mistake is ours. */
function fail(error: unknown): void {
  if (!(error instanceof CodedError)) throw error;
  process.stderr.write(`stream service: ${error.message} (${error.code})\n`);
  process.exitCode = 1;
}

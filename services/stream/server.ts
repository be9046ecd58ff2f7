/** The stream service: its models, one port, HTTP and WebSocket on it. */

import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { getRequestListener } from '@hono/node-server';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';

import type { Manifest } from '#shared/model/manifest.ts';
import type { ModelSummary } from '#shared/protocol/messages.ts';

import type { Limits, StreamSettings } from './config.ts';
import { TokenGate } from './auth/token-gate.ts';
import { Inbox } from './feedback/inbox.ts';
import { createApp } from './http/app.ts';
import { answerBrokenRequests } from './http/broken-requests.ts';
import { UploadSlots } from './http/upload-slots.ts';
import { LoadMeter } from './load/load-meter.ts';
import { LoopWatch } from './load/loop-watch.ts';
import { warmUp } from './load/warm-up.ts';
import { createEngine } from './models/engines.ts';
import type { LoadedModel } from './models/loaded-model.ts';
import { startModels } from './models/start-models.ts';
import { summaryOf } from './models/summary.ts';
import { createMetrics, type Metrics } from './observability/metrics.ts';
import { openTracing } from './observability/tracing.ts';
import { ServiceError } from './service-error.ts';
import { StreamSockets } from './ws/stream-sockets.ts';
import { Turns } from './ws/turns.ts';

/** How long clients have to answer a close, and requests in progress to end. */
const CLOSE_TIMEOUT_MS = 2000;
/** How late a timeout of a request may be noticed. */
const MAX_CHECK_INTERVAL_MS = 2000;

export interface ServerOptions {
  /** What `/metrics` shows; this process's own metrics if absent. */
  readonly renderMetrics?: (registry: Registry) => Promise<string>;
}

/** A running service. */
export interface StreamServer {
  readonly url: string;
  /** The model in force for those who ask for none. */
  readonly model: ModelSummary;
  /** What this process has counted. */
  readonly metrics: Registry;
  /** Stops taking sessions, sends the live ones away, and resolves when they are gone. */
  drain(): Promise<void>;
  /** Ends what is left at once and frees everything. */
  close(): Promise<void>;
}

/**
 * Loads the models and listens.
 *
 * @throws {CodedError} `model_not_found` and other faults of the model, `kernel_not_built`, `port_in_use`, `cannot_listen`
 */
export async function startStreamServer(
  settings: StreamSettings,
  log: Logger,
  { renderMetrics = (registry) => registry.metrics() }: ServerOptions = {},
): Promise<StreamServer> {
  const { limits, access, skipsSilence } = settings;
  const engine = await createEngine(settings.engine, settings.buildDirectory);
  const gate = await TokenGate.create(access);
  const inbox = settings.feedback && (await Inbox.open({ ...settings.feedback, log }));
  const now = performance.now.bind(performance);
  const load = new LoadMeter({ ...limits, now });
  const metrics = createMetrics(() => load.load);
  const [turns, tracing] = [new Turns(now), await openTracing(settings.traceEndpoint)];
  const onForce = ({ classifier }: LoadedModel): void => warmUp(classifier, load);
  const { models, close: closeModels } = await startModels({ settings: settings.models, engine, registry: metrics.registry, log, onForce });
  let isReady = true;
  const uploads = new UploadSlots(limits.maxUploads);
  const common = { models, limits, gate, inbox, metrics, log, tracing };
  const app = createApp({
    ...common,
    isReady: () => isReady,
    uploads,
    access,
    renderMetrics: () => renderMetrics(metrics.registry),
    pageDirectory: join(settings.buildDirectory, 'web'),
  });
  const sockets = new StreamSockets({ context: { ...common, skipsSilence, turns, load, now }, access });
  const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false }); // answers its own failures, never rejects
  const http = createHttp(limits, metrics, (request, response) => void answer(request, response));
  sockets.attach(http);
  const loopWatch = new LoopWatch(load, () => !uploads.isIdle);
  await listen(http, settings, closeModels);
  const url = urlOf(http);
  announce(log, { url, model: models.first.manifest, engine: engine.name, policy: gate.policy });
  return {
    url,
    get model() {
      return summaryOf(models.first.manifest);
    },
    metrics: metrics.registry,
    async drain() {
      isReady = false;
      log.info('service draining');
      await sockets.drain();
    },
    async close() {
      isReady = false;
      loopWatch.stop();
      sockets.close();
      await closeHttp(http, () => sockets.terminate());
      await uploads.settled();
      await closeModels();
      await inbox?.close();
      await tracing.close().catch((error: unknown) => log.warn({ err: error }, 'spans not sent'));
      log.info('service stopped');
    },
  };
}

function announce(
  log: Logger,
  {
    url,
    model,
    engine,
    policy,
  }: { readonly url: string; readonly model: Manifest; readonly engine: string; readonly policy: TokenGate['policy'] },
): void {
  const { name, version, digest } = model;
  log.info({ url, model: name, version, digest, engine }, 'service started');
  if (policy === 'closed') log.warn('nobody may come in: set KWS_TOKENS or KWS_JWKS_FILE, or KWS_AUTH=open to let anyone in');
}

/** A server that gives up on requests that take too long, and says so. */
function createHttp(limits: Limits, { refused }: Pick<Metrics, 'refused'>, listener: RequestListener): Server {
  const http = createServer(
    {
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs), // Node wants it no longer
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: Math.min(MAX_CHECK_INTERVAL_MS, limits.headersTimeoutMs),
    },
    listener,
  );
  http.maxConnections = limits.maxConnections;
  http.on('drop', () => refused.inc({ reason: 'too_many_connections' }));
  answerBrokenRequests(http, ({ code }) => refused.inc({ reason: code }));
  return http;
}

/** Closes; whoever has not answered within the timeout is cut off. */
async function closeHttp(http: Server, terminateSockets: () => void): Promise<void> {
  const closed = once(http, 'close');
  http.close();
  http.closeIdleConnections();
  const force = setTimeout(() => {
    http.closeAllConnections();
    terminateSockets();
  }, CLOSE_TIMEOUT_MS);
  await closed;
  clearTimeout(force);
}

/** Connections that the kernel keeps for us while we do something else: what comes in a moment when a fleet's clients come back. It may allow less. */
const LISTEN_BACKLOG = 4096;

/** @param onFailure - frees what was opened before */
async function listen(http: Server, { host, port }: StreamSettings, onFailure: () => Promise<void>): Promise<void> {
  try {
    http.listen({ port, host, backlog: LISTEN_BACKLOG });
    await once(http, 'listening');
  } catch (error) {
    await onFailure();
    if (isSystemError(error) && error.code === 'EADDRINUSE') {
      throw new ServiceError('port_in_use', `port ${port} of ${host} is in use; set PORT to another`, { cause: error });
    }
    throw new ServiceError('cannot_listen', `cannot listen on port ${port} of ${host}: ${String(error)}`, { cause: error });
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}

function urlOf(http: Server): string {
  const { address, port, family } = http.address() as AddressInfo; // listening on TCP, never on a pipe
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

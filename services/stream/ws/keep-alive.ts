/** Finds sockets whose other end is gone without a word: by pings, and by nothing having come for longer than a network may stall. */

import type { WebSocket } from 'ws';

import type { SessionContext } from './session-context.ts';

/** How many looks an interval has: when a ping goes out is as fine as this. */
const LOOKS_PER_INTERVAL = 4;

interface Watched {
  lastHeardMs: number;
  lastPingMs: number;
}

/** Watches all sockets of a process with one timer. */
export class KeepAlive {
  readonly #context: Pick<SessionContext, 'limits' | 'now' | 'metrics' | 'log'>;
  readonly #watched = new Map<WebSocket, Watched>();
  readonly #timer: NodeJS.Timeout;

  constructor(context: Pick<SessionContext, 'limits' | 'now' | 'metrics' | 'log'>) {
    this.#context = context;
    this.#timer = setInterval(() => this.#look(), Math.ceil(context.limits.pingIntervalMs / LOOKS_PER_INTERVAL)).unref();
  }

  watch(webSocket: WebSocket): void {
    const nowMs = this.#context.now();
    this.#watched.set(webSocket, { lastHeardMs: nowMs, lastPingMs: nowMs });
  }

  /** Something has come, if only a pong. */
  heard(webSocket: WebSocket): void {
    const watched = this.#watched.get(webSocket);
    if (watched) watched.lastHeardMs = this.#context.now();
  }

  forget(webSocket: WebSocket): void {
    this.#watched.delete(webSocket);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { limits, metrics, log, now } = this.#context;
    const nowMs = now();
    for (const [webSocket, watched] of this.#watched) {
      if (webSocket.isPaused) watched.lastHeardMs = nowMs; // we do not listen, so silence says nothing
      if (nowMs - watched.lastHeardMs > limits.pingTimeoutMs) {
        metrics.refused.inc({ reason: 'ping_timeout' });
        log.info('socket silent');
        webSocket.terminate();
      } else if (nowMs - Math.max(watched.lastHeardMs, watched.lastPingMs) >= limits.pingIntervalMs) {
        watched.lastPingMs = nowMs;
        webSocket.ping();
      }
    }
  }
}

/** The WebSocket door: upgrades, who may come in and how many, keep-alive, and their orderly end. */

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';

import { WebSocketServer, type WebSocket } from 'ws';

import { CodedError } from '#shared/coded-error.ts';
import { CLOSE_CODE, type CloseCode } from '#shared/protocol/close-codes.ts';
import { serialise } from '#shared/protocol/codec.ts';
import { STREAM_PATH, SUBPROTOCOL } from '#shared/protocol/messages.ts';
import { closeCodeOf, ProtocolError } from '#shared/protocol/protocol-error.ts';

import { clientAddress } from '../auth/client-address.ts';
import { assertOrigin } from '../auth/origins.ts';
import { tokenOf } from '../auth/request-token.ts';
import type { AccessSettings } from '../config.ts';
import { refuse } from '../http/broken-requests.ts';
import { HttpError } from '../http/problem.ts';
import { FrameLimiter } from './frame-limiter.ts';
import { KeepAlive } from './keep-alive.ts';
import { slowReader } from './outbox.ts';
import type { Peer } from './peer.ts';
import type { SessionContext } from './session-context.ts';
import { Session } from './session.ts';
import { socketOptions } from './socket-options.ts';

/** Clients come back between this and twice this, so that they do not come at once. */
const RECONNECT_AFTER_MS = 1000;
/** `goaway` goes out to this many parts of the sessions, one after the other, in the first half of the drain timeout. */
const DRAIN_SLICES = 10;
/** How frames are counted that ws refuses before a session sees them. */
const REASON_OF_WS_ERROR: Readonly<Record<string, string>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'message_too_big',
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 'message_too_big',
  WS_ERR_INVALID_UTF8: 'invalid_utf8',
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 'too_many_parts',
  ECONNRESET: 'connection_reset',
  EPIPE: 'connection_reset',
};

export interface StreamSocketsOptions {
  readonly context: SessionContext;
  readonly access: AccessSettings;
}

interface Place {
  readonly session: Session;
  readonly address: string;
}

/** All live sessions of this process. */
export class StreamSockets {
  readonly #context: SessionContext;
  readonly #access: AccessSettings;
  readonly #places = new Map<WebSocket, Place>();
  /** Those that have yet to answer their close. */
  readonly #turnedAway = new Set<WebSocket>();
  readonly #sessionsOf = new Map<string, number>();
  readonly #keepAlive: KeepAlive;
  readonly #server: WebSocketServer;
  #isDraining = false;
  #emptied: (() => void) | undefined;

  constructor({ context, access }: StreamSocketsOptions) {
    this.#context = context;
    this.#access = access;
    this.#keepAlive = new KeepAlive(context);
    this.#server = new WebSocketServer({ ...socketOptions(context.limits), handleProtocols });
    this.#server.on('wsClientError', (error, socket) => this.#refuse(socket, new HttpError('malformed_request', error.message)));
  }

  /** Takes over the upgrade requests of an HTTP server. */
  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const { load, now } = this.#context;
      const beganMs = now();
      socket.on('error', destroy); // until ws owns the socket, a reset would end the process
      const refusal = this.#refusalOf(request);
      if (refusal) this.#refuse(socket, refusal);
      else this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#welcome(webSocket, request));
      load.recordKnock(now() - beganMs);
    });
  }

  /**
   * Tells every client to go elsewhere, a part of them at a time, and resolves when they have, or after the drain timeout, when the
   * rest are closed.
   */
  async drain(): Promise<void> {
    this.#isDraining = true;
    const ended = new AbortController();
    const timer = setTimeout(() => ended.abort(), this.#context.limits.drainTimeoutMs);
    this.#emptied = () => ended.abort();
    if (this.#places.size === 0) ended.abort();
    await this.#announceInSlices(ended.signal);
    if (!ended.signal.aborted) await new Promise<void>((resolve) => ended.signal.addEventListener('abort', () => resolve()));
    clearTimeout(timer);
    this.#leaveAll(CLOSE_CODE.restarting, 'restarting');
  }

  /** Asks every client to close. */
  close(): void {
    this.#isDraining = true;
    this.#leaveAll(CLOSE_CODE.goingAway, 'going away');
    this.#keepAlive.close();
    this.#server.close();
  }

  /** Cuts off every client that has not answered its close. */
  terminate(): void {
    for (const webSocket of [...this.#places.keys(), ...this.#turnedAway]) webSocket.terminate();
  }

  /** Everyone is told, even if time is up before their turn. */
  async #announceInSlices(ended: AbortSignal): Promise<void> {
    const sessions = [...this.#places.values()].map(({ session }) => session);
    const sliceLength = Math.ceil(sessions.length / DRAIN_SLICES);
    const pauseMs = this.#context.limits.drainTimeoutMs / 2 / DRAIN_SLICES;
    for (let i = 0; i < sessions.length; i++) {
      if (i > 0 && i % sliceLength === 0) await waitUnlessEnded(pauseMs, ended);
      sessions[i]?.announceDrain(Math.round(RECONNECT_AFTER_MS * (1 + Math.random())));
    }
  }

  #refusalOf({ url = '/' }: IncomingMessage): HttpError | undefined {
    const path = url.split('?', 1)[0];
    if (path !== STREAM_PATH) return new HttpError('not_found', `streams are at ${STREAM_PATH}, not ${path}`);
    if (this.#isDraining) return new HttpError('not_ready', 'the service is about to stop');
    return undefined;
  }

  #refuse(socket: Duplex, refusal: HttpError): void {
    this.#context.metrics.refused.inc({ reason: refusal.code });
    refuse(socket, refusal);
  }

  /** Browsers are told nothing of an HTTP refusal, so those who may not come in are told over the socket. */
  #welcome(webSocket: WebSocket, request: IncomingMessage): void {
    webSocket.on('error', (error) => this.#failed(error)); // ws closes it by itself
    const forwardedFor = request.headersDistinct['x-forwarded-for']?.join(',');
    const address = clientAddress({ remoteAddress: request.socket.remoteAddress, forwardedFor }, this.#access.trustedProxies);
    try {
      this.#assertWelcome(request, address);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      return this.#turnAway(webSocket, error);
    }
    this.#open(webSocket, { address, token: tokenOf(request.headers) });
  }

  #failed(error: NodeJS.ErrnoException): void {
    this.#context.metrics.refused.inc({ reason: REASON_OF_WS_ERROR[error.code ?? ''] ?? 'broken_frame' });
    this.#context.log.info({ reason: error.message }, 'socket failed');
  }

  #assertWelcome({ headers }: IncomingMessage, address: string): void {
    const { limits, load } = this.#context;
    assertOrigin(headers, this.#access);
    if (this.#places.size >= limits.maxSessions) {
      throw new ProtocolError('no_capacity', `all ${limits.maxSessions} sessions are taken; try again later`);
    }
    if ((this.#sessionsOf.get(address) ?? 0) >= limits.maxSessionsPerAddress) {
      throw new ProtocolError('too_many_sessions', `this address has ${limits.maxSessionsPerAddress} sessions, more may not be`);
    }
    load.assertRoom();
  }

  #turnAway(webSocket: WebSocket, error: CodedError): void {
    this.#context.metrics.refused.inc({ reason: error.code });
    webSocket.send(serialise({ type: 'error', code: error.code, message: error.message }));
    webSocket.close(closeCodeOf(error), error.code);
    this.#turnedAway.add(webSocket);
    webSocket.on('close', () => this.#turnedAway.delete(webSocket));
    if (this.#turnedAway.size > this.#context.limits.maxSessions) webSocket.terminate(); // they may not cost more than those let in
  }

  #open(webSocket: WebSocket, { address, token }: { readonly address: string; readonly token: string | undefined }): void {
    const session = new Session(this.#context, { peer: peerOf(webSocket), token });
    this.#listen(webSocket, session);
    webSocket.on('close', (code) => this.#forget(webSocket, code));
    this.#keepAlive.watch(webSocket);
    this.#places.set(webSocket, { session, address });
    this.#sessionsOf.set(address, (this.#sessionsOf.get(address) ?? 0) + 1);
    this.#context.metrics.sessions.set(this.#places.size);
  }

  #listen(webSocket: WebSocket, session: Session): void {
    const frames = new FrameLimiter(this.#context);
    const receive = (act: () => void): void => {
      this.#keepAlive.heard(webSocket);
      try {
        frames.take();
        act();
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        session.fail(error);
      }
    };
    webSocket.on('message', (data: Buffer, isBinary) => receive(() => (isBinary ? session.receiveAudio(data) : session.receiveText(data))));
    webSocket.on('ping', (data: Buffer) => receive(() => this.#answerPing(webSocket, data)));
    webSocket.on('pong', () => receive(() => undefined));
  }

  /** @throws {ProtocolError} `slow_reader`: pongs lie unread like everything else */
  #answerPing(webSocket: WebSocket, data: Buffer): void {
    const { maxUnsentBytes } = this.#context.limits;
    if (webSocket.bufferedAmount > maxUnsentBytes) throw slowReader(maxUnsentBytes);
    if (webSocket.readyState === webSocket.OPEN) webSocket.pong(data);
  }

  #forget(webSocket: WebSocket, code: number): void {
    const place = this.#places.get(webSocket);
    if (!place) return;
    place.session.disconnected();
    this.#places.delete(webSocket);
    this.#keepAlive.forget(webSocket);
    const others = (this.#sessionsOf.get(place.address) ?? 1) - 1;
    if (others > 0) this.#sessionsOf.set(place.address, others);
    else this.#sessionsOf.delete(place.address);
    this.#context.metrics.sessions.set(this.#places.size);
    this.#context.metrics.sessionsEnded.inc({ code: isKnownCloseCode(code) ? code : 'other' });
    if (this.#places.size === 0) this.#emptied?.();
  }

  #leaveAll(code: CloseCode, reason: string): void {
    for (const { session } of this.#places.values()) session.leave(code, reason);
  }
}

/** The one sub-protocol there is, if it is offered. */
function handleProtocols(offered: Set<string>): string | false {
  return offered.has(SUBPROTOCOL) && SUBPROTOCOL;
}

/** A listener that closes over nothing: it lives as long as its socket, and the request with its headers must not. */
function destroy(this: Duplex): void {
  this.destroy();
}

async function waitUnlessEnded(ms: number, signal: AbortSignal): Promise<void> {
  try {
    if (!signal.aborted) await wait(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** The client may close with any code: what is counted by code must not have thousands. */
function isKnownCloseCode(code: number): boolean {
  return code === 1005 || code === 1006 || Object.values<number>(CLOSE_CODE).includes(code);
}

function peerOf(webSocket: WebSocket): Peer {
  return {
    send: (text) => webSocket.send(text),
    close: (code, reason) => webSocket.close(code, reason),
    pause: () => webSocket.pause(),
    resume: () => webSocket.resume(),
    get unsentBytes() {
      return webSocket.bufferedAmount;
    },
  };
}

/** The WebSocket door: upgrades, how many sessions there may be, and their orderly end. */

import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';

import type { Logger } from 'pino';
import { WebSocketServer, type WebSocket } from 'ws';

import type { CodedError } from '#shared/coded-error.ts';
import type { Classifier } from '#shared/model/classifier.ts';
import { CLOSE_CODE, type CloseCode } from '#shared/protocol/close-codes.ts';
import { MAX_FRAME_BYTES, STREAM_PATH, SUBPROTOCOL } from '#shared/protocol/messages.ts';
import { ProtocolError } from '#shared/protocol/protocol-error.ts';

import type { Limits } from '../config.ts';
import { HttpError, problemOf, PROBLEM_CONTENT_TYPE } from '../http/problem.ts';
import { Session, type Peer } from './session.ts';

/** Long enough for a replacement to be ready, short enough not to be noticed. */
const RECONNECT_AFTER_MS = 1000;

export interface StreamSocketsOptions {
  readonly classifier: Classifier;
  readonly limits: Limits;
  readonly log: Logger;
}

/** All live sessions of this process. */
export class StreamSockets {
  readonly #options: StreamSocketsOptions;
  readonly #sessions = new Map<WebSocket, Session>();
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => offered.has(SUBPROTOCOL) && SUBPROTOCOL,
  });
  #isDraining = false;
  #emptied: (() => void) | undefined;

  constructor(options: StreamSocketsOptions) {
    this.#options = options;
  }

  /** Takes over the upgrade requests of an HTTP server. */
  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy()); // until ws owns the socket, a reset would end the process
      const refusal = this.#refusalOf(request);
      if (refusal) return refuse(socket, refusal);
      this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket));
    });
  }

  /** Tells every client to go elsewhere, and resolves when they have, or after the drain timeout, when the rest are closed. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    for (const session of this.#sessions.values()) session.announceDrain(RECONNECT_AFTER_MS);
    if (this.#sessions.size > 0) await this.#emptyWithin(this.#options.limits.drainTimeoutMs);
    this.#leaveAll(CLOSE_CODE.restarting, 'restarting');
  }

  /** Asks every client to close. */
  close(): void {
    this.#isDraining = true;
    this.#leaveAll(CLOSE_CODE.goingAway, 'going away');
    this.#server.close();
  }

  /** Cuts off every client that has not answered its close. */
  terminate(): void {
    for (const webSocket of this.#sessions.keys()) webSocket.terminate();
  }

  #refusalOf({ url = '/' }: IncomingMessage): HttpError | undefined {
    const path = url.split('?', 1)[0];
    if (path !== STREAM_PATH) return new HttpError('not_found', `streams are at ${STREAM_PATH}, not ${path}`);
    if (this.#isDraining) return new HttpError('not_ready', 'the service is about to stop');
    return undefined;
  }

  #open(webSocket: WebSocket): void {
    const { classifier, limits, log } = this.#options;
    const session = new Session({ classifier, peer: peerOf(webSocket), limits, log });
    webSocket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) session.receiveAudio(data);
      else session.receiveText(data.toString('utf8'));
    });
    webSocket.on('error', (error) => log.info({ session: session.id, reason: error.message }, 'socket failed')); // ws closes it by itself
    webSocket.on('close', () => this.#forget(webSocket, session));
    this.#sessions.set(webSocket, session);
    if (this.#sessions.size > limits.maxSessions) {
      session.fail(new ProtocolError('no_capacity', `all ${limits.maxSessions} sessions are taken; try again later`));
    }
  }

  #forget(webSocket: WebSocket, session: Session): void {
    session.disconnected();
    this.#sessions.delete(webSocket);
    if (this.#sessions.size === 0) this.#emptied?.();
  }

  async #emptyWithin(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#emptied = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #leaveAll(code: CloseCode, reason: string): void {
    for (const session of this.#sessions.values()) session.leave(code, reason);
  }
}

function peerOf(webSocket: WebSocket): Peer {
  return {
    send: (text) => webSocket.send(text),
    close: (code, reason) => webSocket.close(code, reason),
    get unsentBytes() {
      return webSocket.bufferedAmount;
    },
  };
}

function refuse(socket: Duplex, error: CodedError): void {
  const problem = problemOf(error);
  const body = JSON.stringify(problem);
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
      `Content-Type: ${PROBLEM_CONTENT_TYPE}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

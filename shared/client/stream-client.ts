/** A client of the stream service's WebSocket, for browsers and Node: connect, send PCM, read messages, stop. */

import { CLOSE_CODE } from '#shared/protocol/close-codes.ts';
import { parseServerMessage, serialise } from '#shared/protocol/codec.ts';
import { MAX_FRAME_BYTES, SUBPROTOCOL, type ClientMessage, type ServerMessage } from '#shared/protocol/messages.ts';
import { ProtocolError } from '#shared/protocol/protocol-error.ts';
import { createDeferred } from './deferred.ts';
import { Inbox } from './inbox.ts';
import type { EndMessage, FeedbackReport, KeywordSession, Knobs, ReadyMessage, StartOptions } from './session.ts';
import { closedBy, STREAM_ERROR_CODE, StreamError, unreachable } from './stream-error.ts';

/** Audio that may wait for the network: 8 s of 16 kHz s16le. More is dropped and counted. */
export const MAX_BUFFERED_BYTES = 256 * 1024;
/** Messages that may wait for the consumer: 20 minutes of posteriors. More ends the session with `inbox_full`. */
export const MAX_INBOX_MESSAGES = 16_384;
/** How long `ready` may take, and how long `end` may take after `stop`. */
export const ANSWER_TIMEOUT_MS = 10_000;
/** A socket tells its backlog but not when it shrinks. */
const BACKLOG_POLL_MS = 4;

interface SocketEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly code?: number;
}

/** What the client needs of a WebSocket; a browser's, Node 22's and that of `ws` have it. */
export interface ClientSocket {
  binaryType: string;
  readonly bufferedAmount: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number): void;
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: SocketEvent) => void): void;
}

export interface ConnectOptions {
  /** Such as `ws://127.0.0.1:8080/v1/stream`. */
  readonly url: string;
  readonly start: StartOptions;
  /** Opens the socket; the global `WebSocket` where absent (Node 20 has none: give that of `ws`). */
  readonly openSocket?: (url: string, protocol: string) => ClientSocket;
  readonly answerTimeoutMs?: number;
}

/**
 * Opens a session on a server.
 *
 * @throws {StreamError} `server_unreachable`, `server_timeout`, `bad_server_message`, or the server's own code
 */
export async function connectStream(options: ConnectOptions): Promise<StreamClient> {
  const { url, start, openSocket = openGlobalSocket, answerTimeoutMs = ANSWER_TIMEOUT_MS } = options;
  const connection = new Connection(openSocket(url, SUBPROTOCOL), answerTimeoutMs);
  return new StreamClient(connection, await connection.start(start));
}

function openGlobalSocket(url: string, protocol: string): ClientSocket {
  return new WebSocket(url, protocol);
}

/** A session on a server, ready for audio. Made by `connectStream`. */
export class StreamClient implements KeywordSession {
  readonly ready: ReadyMessage;
  readonly messages: AsyncIterable<ServerMessage>;
  readonly #connection: Connection;
  #droppedBytes = 0;

  constructor(connection: Connection, ready: ReadyMessage) {
    this.#connection = connection;
    this.ready = ready;
    this.messages = connection.inbox;
  }

  /** How much audio the network was too slow for. */
  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  send(pcm: Uint8Array): boolean {
    if (this.#connection.bufferedBytes > MAX_BUFFERED_BYTES) {
      this.#droppedBytes += pcm.byteLength;
      return false;
    }
    for (let offset = 0; offset < pcm.byteLength; offset += MAX_FRAME_BYTES) {
      this.#connection.sendAudio(pcm.subarray(offset, offset + MAX_FRAME_BYTES));
    }
    return true;
  }

  async writable(): Promise<void> {
    while (this.#connection.bufferedBytes > MAX_BUFFERED_BYTES / 2) {
      await new Promise((resolve) => setTimeout(resolve, BACKLOG_POLL_MS));
    }
  }

  configure(knobs: Knobs): void {
    this.#connection.send({ type: 'configure', ...knobs });
  }

  feedback(report: FeedbackReport): void {
    this.#connection.send({ type: 'feedback', ...report });
  }

  /** @throws {StreamError} `server_timeout`, or what ended the session before its `end` came */
  stop(): Promise<EndMessage> {
    return this.#connection.stop();
  }

  close(): void {
    this.#connection.close();
  }
}

/** The socket's side of a session: what comes in is checked and queued, and every way to end is one of three. */
class Connection {
  readonly inbox = new Inbox<ServerMessage>(MAX_INBOX_MESSAGES);
  readonly #socket: ClientSocket;
  readonly #answerTimeoutMs: number;
  readonly #opened = createDeferred<undefined>();
  readonly #ready = createDeferred<ReadyMessage>();
  readonly #ended = createDeferred<EndMessage>();
  #isOpen = false;

  constructor(socket: ClientSocket, answerTimeoutMs: number) {
    this.#socket = socket;
    this.#answerTimeoutMs = answerTimeoutMs;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => this.#open());
    socket.addEventListener('message', ({ data }) => this.#receive(data));
    socket.addEventListener('close', ({ code = CLOSE_CODE.internal }) => this.#closed(code));
    socket.addEventListener('error', () => undefined); // `close` follows and says more
  }

  get bufferedBytes(): number {
    return this.#isOpen ? this.#socket.bufferedAmount : 0; // a closed one keeps what it will never send
  }

  async start(options: StartOptions): Promise<ReadyMessage> {
    return this.#answer(
      this.#opened.promise.then(() => {
        this.send({ type: 'start', ...options });
        return this.#ready.promise;
      }),
    );
  }

  stop(): Promise<EndMessage> {
    this.send({ type: 'stop' });
    return this.#answer(this.#ended.promise);
  }

  send(message: ClientMessage): void {
    if (this.#isOpen) this.#socket.send(serialise(message));
  }

  sendAudio(pcm: Uint8Array): void {
    if (this.#isOpen) this.#socket.send(overArrayBuffer(pcm));
  }

  close(): void {
    this.#abandon(undefined);
  }

  #open(): void {
    this.#isOpen = true;
    this.#opened.resolve(undefined);
  }

  #receive(data: unknown): void {
    try {
      this.#take(parseServerMessage(typeof data === 'string' ? data : ''));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#abandon(
        new StreamError(STREAM_ERROR_CODE.badMessage, `The server does not keep to the protocol: ${error.message}.`, { cause: error }),
      );
    }
  }

  #take(message: ServerMessage): void {
    if (!this.inbox.push(message)) {
      this.#abandon(new StreamError(STREAM_ERROR_CODE.inboxFull, `More than ${MAX_INBOX_MESSAGES} messages wait to be read.`));
      return;
    }
    if (message.type === 'ready') this.#ready.resolve(message);
    if (message.type === 'end') {
      this.#ended.resolve(message);
      this.#abandon(undefined);
    }
    if (message.type === 'error') this.#abandon(new StreamError(message.code, message.message));
  }

  /** A close before `end`, as after an `end` all is settled already. */
  #closed(closeCode: number): void {
    if (this.#isOpen) this.#finish(closedBy(closeCode));
    else this.#finish(unreachable());
  }

  #abandon(error: StreamError | undefined): void {
    this.#finish(error);
    this.#socket.close(CLOSE_CODE.done);
  }

  /** Settles everything that still waits; only the first call has an effect. */
  #finish(error: StreamError | undefined): void {
    this.#isOpen = false;
    this.inbox.end(error);
    const unanswered = error ?? new StreamError(STREAM_ERROR_CODE.lost, 'The session was closed.');
    this.#opened.reject(unanswered);
    this.#ready.reject(unanswered);
    this.#ended.reject(unanswered);
  }

  /** Gives up on the session when the server leaves a question open for too long. */
  async #answer<Answer>(promise: Promise<Answer>): Promise<Answer> {
    const giveUp = (): void =>
      this.#abandon(new StreamError(STREAM_ERROR_CODE.timeout, `The server did not answer within ${this.#answerTimeoutMs} ms.`));
    const timer = setTimeout(giveUp, this.#answerTimeoutMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Sockets do not take views of shared memory; a view of ordinary memory passes uncopied. */
function overArrayBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes;
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(bytes);
}

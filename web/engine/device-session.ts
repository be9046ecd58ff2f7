/** The page's side of the on-device engine: the same kind of session as a server's, in a worker. Audio never leaves the page. */

import type { ServerMessage } from '#shared/protocol/messages.ts';
import { MAX_BUFFERED_BYTES, MAX_INBOX_MESSAGES } from '#shared/client/stream-client.ts';
import { createDeferred } from '#shared/client/deferred.ts';
import { Inbox } from '#shared/client/inbox.ts';
import type { EndMessage, Knobs, ReadyMessage, StartOptions } from '#shared/client/session.ts';
import { STREAM_ERROR_CODE, StreamError } from '#shared/client/stream-error.ts';
import type { DirectSession, DirectWay } from './direct-session.ts';
import type { EngineFiles, FromEngine, ToEngine } from './worker-messages.ts';

/** What a session needs of its worker. */
export interface EngineWorker {
  postMessage(message: ToEngine, transfer?: Transferable[]): void;
  terminate(): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<FromEngine>) => void): void;
  addEventListener(type: 'error', listener: (event: ErrorEvent) => void): void;
}

export interface DeviceSessionOptions {
  readonly worker: EngineWorker;
  readonly files: EngineFiles;
  readonly start: StartOptions;
}

/**
 * Opens a session in a worker of its own, which ends with it.
 *
 * @throws {StreamError} `engine_unreachable`, `engine_failed`, or the engine's own code
 */
export async function openDeviceSession({ worker, files, start }: DeviceSessionOptions): Promise<DirectSession> {
  const session = new DeviceSession(worker);
  worker.postMessage({ type: 'open', files, start });
  await session.opened;
  return session;
}

class DeviceSession implements DirectSession {
  readonly #worker: EngineWorker;
  readonly #inbox = new Inbox<ServerMessage>(MAX_INBOX_MESSAGES);
  readonly #ready = createDeferred<ReadyMessage>();
  readonly #ended = createDeferred<EndMessage>();
  #readyMessage: ReadyMessage | undefined;
  #waitingBytes = 0;
  #wakeWriter: (() => void) | undefined;
  #isOpen = true;

  constructor(worker: EngineWorker) {
    this.#worker = worker;
    worker.addEventListener('message', ({ data }) => this.#receive(data));
    worker.addEventListener('error', ({ message }) => this.#finish(new StreamError('engine_failed', `The engine broke: ${message}`)));
  }

  get opened(): Promise<unknown> {
    return this.#ready.promise;
  }

  get ready(): ReadyMessage {
    if (!this.#readyMessage) throw new TypeError('a session is handed out once it is ready');
    return this.#readyMessage;
  }

  get messages(): AsyncIterable<ServerMessage> {
    return this.#inbox;
  }

  send(pcm: Uint8Array): boolean {
    if (this.#waitingBytes > MAX_BUFFERED_BYTES) return false;
    this.#waitingBytes += pcm.byteLength;
    this.#post({ type: 'audio', pcm });
    return true;
  }

  listenTo(way: DirectWay): void {
    this.#post({ type: 'listen', way }, way.view ? [way.sound, way.view] : [way.sound]);
  }

  async writable(): Promise<void> {
    while (this.#isOpen && this.#waitingBytes > MAX_BUFFERED_BYTES / 2) {
      await new Promise<void>((resolve) => (this.#wakeWriter = resolve));
    }
  }

  configure(knobs: Knobs): void {
    this.#post({ type: 'configure', knobs });
  }

  stop(): Promise<EndMessage> {
    this.#post({ type: 'stop' });
    return this.#ended.promise;
  }

  close(): void {
    this.#finish(undefined);
  }

  #post(message: ToEngine, transfer: Transferable[] = []): void {
    if (this.#isOpen) this.#worker.postMessage(message, transfer);
  }

  #receive(data: FromEngine): void {
    if (data.type === 'said') return this.#take(data.message);
    this.#waitingBytes -= data.bytes;
    this.#wakeWriter?.();
  }

  #take(message: ServerMessage): void {
    if (!this.#inbox.push(message)) {
      return this.#finish(new StreamError(STREAM_ERROR_CODE.inboxFull, `More than ${MAX_INBOX_MESSAGES} messages wait to be read.`));
    }
    if (message.type === 'ready') {
      this.#readyMessage = message;
      this.#ready.resolve(message);
    }
    if (message.type === 'end') {
      this.#ended.resolve(message);
      this.#finish(undefined);
    }
    if (message.type === 'error') this.#finish(new StreamError(message.code, message.message));
  }

  /** Settles everything that still waits; only the first call has an effect. */
  #finish(error: StreamError | undefined): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#worker.terminate();
    this.#inbox.end(error);
    const unanswered = error ?? new StreamError(STREAM_ERROR_CODE.lost, 'The session was closed.');
    this.#ready.reject(unanswered);
    this.#ended.reject(unanswered);
    this.#wakeWriter?.();
  }
}

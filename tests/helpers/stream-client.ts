/** A WebSocket client for tests: sends what it is told, right or wrong, and hands out messages in order. */

import { once } from 'node:events';

import { WebSocket } from 'ws';

import { parseServerMessage } from '#shared/protocol/codec.ts';
import { STREAM_PATH, SUBPROTOCOL, type DetectedEvent, type ServerMessage, type Start } from '#shared/protocol/messages.ts';

import { assertDescribedMessage } from './described.ts';

type MessageOf<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>;

export const MONO_S16: Start = { type: 'start', sampleRate: 16_000, encoding: 'pcm_s16le', channels: 1 };

/** One client. */
export class StreamClient {
  readonly socket: WebSocket;
  /** Resolves when the socket has closed. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #unread: ServerMessage[] = [];
  #isClosed = false;
  #wake: () => void = () => undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => {
      const text = data.toString('utf8');
      assertDescribedMessage(JSON.parse(text));
      this.#unread.push(parseServerMessage(text));
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.#isClosed = true;
        this.#wake();
        resolve({ code, reason: reason.toString('utf8') });
      });
    });
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  sendAudio(chunk: Uint8Array): void {
    this.socket.send(chunk);
  }

  /** Gives the next unread message of this type, and leaves the others. @throws {Error} if the socket closes before it comes */
  async next<Type extends ServerMessage['type']>(type: Type): Promise<MessageOf<Type>> {
    for (;;) {
      const index = this.#unread.findIndex((message) => message.type === type);
      if (index >= 0) return this.#unread.splice(index, 1)[0] as MessageOf<Type>;
      if (this.#isClosed) throw new Error(`the socket closed before ${type} came; unread: ${JSON.stringify(this.#unread)}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Takes all unread messages of this type. */
  takeAll<Type extends ServerMessage['type']>(type: Type): readonly MessageOf<Type>[] {
    const taken = this.#unread.filter((message): message is MessageOf<Type> => message.type === type);
    this.#unread.splice(0, Infinity, ...this.#unread.filter((message) => message.type !== type));
    return taken;
  }
}

/** Opens a socket to a server's stream. */
export async function connect(url: string): Promise<StreamClient> {
  const socket = new WebSocket(url.replace(/^http/, 'ws') + STREAM_PATH, SUBPROTOCOL);
  const client = new StreamClient(socket);
  await once(socket, 'open');
  return client;
}

/** What one whole stream brought. */
export interface Streamed {
  readonly events: readonly DetectedEvent[];
  readonly end: MessageOf<'end'>;
}

/** Streams all chunks as fast as they go, and waits for the end. `pace` may delay each. */
export async function stream(
  url: string,
  start: Partial<Start>,
  chunks: readonly Uint8Array[],
  pace: (i: number) => Promise<void> = () => Promise.resolve(),
): Promise<Streamed> {
  const client = await connect(url);
  client.send({ ...MONO_S16, ...start });
  await client.next('ready');
  for (let i = 0; i < chunks.length; i++) {
    await pace(i);
    client.sendAudio(chunks[i]!);
  }
  client.send({ type: 'stop' });
  const end = await client.next('end');
  await client.closed;
  return { events: client.takeAll('keyword').map(({ type: _, ...event }) => event), end };
}

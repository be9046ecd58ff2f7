/** One client that streams in real time, and tells when another model began to hear it. */

import { WebSocket } from 'ws';

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import { parseServerMessage, serialise } from '#shared/protocol/codec.ts';
import { STREAM_PATH, SUBPROTOCOL } from '#shared/protocol/messages.ts';

const CHUNK_MS = 80;
const CHUNK = new Uint8Array((2 * SAMPLE_RATE_HZ * CHUNK_MS) / 1000);

/** Streams silence until it is closed. */
export class LiveSession {
  readonly #socket: WebSocket;
  readonly #timer: NodeJS.Timeout;
  #version: string | undefined;
  #isOpen = true;
  #changed: () => void = () => undefined;

  /** Made by `open`. */
  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#receive(data));
    socket.on('close', () => (this.#isOpen = false));
    socket.send(serialise({ type: 'start', sampleRate: SAMPLE_RATE_HZ, encoding: 'pcm_s16le', channels: 1 }));
    this.#timer = setInterval(() => {
      if (this.#isOpen) socket.send(CHUNK);
    }, CHUNK_MS);
  }

  /** Opens a session and waits until it is heard. */
  static async open(url: string): Promise<LiveSession> {
    const socket = new WebSocket(url.replace(/^http/, 'ws') + STREAM_PATH, SUBPROTOCOL, { perMessageDeflate: false });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const session = new LiveSession(socket);
    while (session.#version === undefined) await session.#change();
    return session;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Resolves when this version hears the session. @returns the moment, as `performance.now()` */
  async heardBy(version: string): Promise<number> {
    while (this.#version !== version) await this.#change();
    return performance.now();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#socket.terminate();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => (this.#changed = resolve));
  }

  #receive(data: Buffer): void {
    const message = parseServerMessage(data.toString('utf8'));
    if (message.type !== 'ready' && message.type !== 'model') return;
    this.#version = message.model.version;
    this.#changed();
  }
}

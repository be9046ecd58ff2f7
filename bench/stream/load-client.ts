/** One client of the load: sends a programme in real time, times what comes back, and checks it. */

import { WebSocket } from 'ws';

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import { parseServerMessage, serialise } from '#shared/protocol/codec.ts';
import { STREAM_PATH, SUBPROTOCOL, type KeywordMessage, type ServerMessage } from '#shared/protocol/messages.ts';

import type { Programme } from './programme.ts';

const BYTES_PER_SAMPLE = 2;

export interface LoadClientOptions {
  readonly url: string;
  readonly programme: Programme;
  readonly chunkSamples: number;
  readonly wantsPosteriors: boolean;
}

/** Where all clients put what they time, in ms. */
export interface Timings {
  readonly eventMs: number[];
  readonly posteriorsMs: number[];
}

/** A session, or the attempt at one. */
export class LoadClient {
  readonly #options: LoadClientOptions;
  readonly #timings: Timings;
  readonly #socket: WebSocket;
  readonly #sentMs: number[] = [];
  readonly #keywords: KeywordMessage[] = [];
  #isTimed = false;
  #isReady = false;
  #isOver = false;
  #error: string | undefined;
  #dropped = 0;
  #end: Extract<ServerMessage, { type: 'end' }> | undefined;
  /** Resolves when the session has begun, or has been refused. */
  readonly settled: Promise<void>;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;

  constructor(options: LoadClientOptions, timings: Timings) {
    this.#options = options;
    this.#timings = timings;
    this.#socket = new WebSocket(options.url.replace(/^http/, 'ws') + STREAM_PATH, SUBPROTOCOL, { perMessageDeflate: false });
    this.#socket.on('open', () => this.#start());
    this.#socket.on('error', (error) => (this.#error ??= error.message)); // its close follows
    this.closed = new Promise((resolve) => this.#socket.on('close', resolve));
    this.settled = new Promise((resolve) => {
      this.#socket.on('message', (data: Buffer) => this.#receive(data, resolve));
      void this.closed.then((code) => {
        this.#isOver = true;
        if (!this.#isReady || this.#end === undefined) this.#error = `${this.#error ?? 'closed'} ${code}`;
        resolve();
      });
    });
  }

  get isStreaming(): boolean {
    return this.#isReady && !this.#isOver;
  }

  get wasReady(): boolean {
    return this.#isReady;
  }

  get dropped(): number {
    return this.#dropped;
  }

  get events(): number {
    return this.#keywords.length;
  }

  /** The code it was refused or ended with, and the close; `undefined` if all went well. */
  get error(): string | undefined {
    return this.#error;
  }

  /** From now on what comes is timed, or no more. */
  time(isTimed: boolean): void {
    this.#isTimed = isTimed;
  }

  /** Sends the next chunk. @returns whether there was one */
  sendChunk(nowMs: number): boolean {
    const { programme, chunkSamples } = this.#options;
    const start = this.#sentMs.length * chunkSamples * BYTES_PER_SAMPLE;
    const end = start + chunkSamples * BYTES_PER_SAMPLE;
    if (!this.isStreaming || end > programme.bytes.length) return false;
    this.#sentMs.push(nowMs);
    this.#socket.send(programme.bytes.subarray(start, end));
    return true;
  }

  stop(): void {
    if (this.isStreaming) this.#socket.send(serialise({ type: 'stop' }));
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** What the session did not bring as it must; `undefined` if all is well. */
  fault(): string | undefined {
    const { programme, chunkSamples } = this.#options;
    const samples = this.#sentMs.length * chunkSamples;
    if (this.#end === undefined) return `no end came: ${this.#error ?? 'still open'}`;
    const { type: _, ...end } = this.#end;
    const windows = windowsIn(samples, programme);
    const due = { samples, windows, keywords: this.#keywords.length };
    if (JSON.stringify(end) !== JSON.stringify(due)) return `ended with ${JSON.stringify(end)} instead of ${JSON.stringify(due)}`;
    // Less than a window is scored amid zeros, and the beginning of a word may be heard as the word: what is heard then is not judged.
    if (samples < programme.windowSamples) return undefined;
    // A keyword whose patience the end cut short is heard in the last window; in the whole programme, later.
    const lastEndSample = programme.windowSamples + (windows - 1) * programme.strideSamples;
    const wanted = new Set(programme.events.filter(({ endSample }) => endSample <= samples).map(named));
    const heard = this.#keywords.filter((event) => event.endSample < lastEndSample || wanted.has(named(event))).map(named);
    return heard.join(' ') === [...wanted].join(' ') ? undefined : `heard ${heard.join(' ')} instead of ${[...wanted].join(' ')}`;
  }

  #start(): void {
    this.#socket.send(
      serialise({
        type: 'start',
        sampleRate: SAMPLE_RATE_HZ,
        encoding: 'pcm_s16le',
        channels: 1,
        posteriors: this.#options.wantsPosteriors,
      }),
    );
  }

  #receive(data: Buffer, settle: () => void): void {
    const message = parseServerMessage(data.toString('utf8'));
    switch (message.type) {
      case 'ready':
        this.#isReady = true;
        return settle();
      case 'keyword':
        this.#keywords.push(message);
        return this.#took(message.endSample, this.#timings.eventMs);
      case 'posteriors':
        return this.#took(message.endSample, this.#timings.posteriorsMs);
      case 'warning':
        if (message.code === 'audio_dropped') this.#dropped++;
        return;
      case 'error':
        this.#error = message.code;
        return;
      case 'end':
        this.#end = message;
        return;
      case 'model':
      case 'kept':
      case 'goaway':
        return;
    }
  }

  #took(endSample: number, into: number[]): void {
    const sentMs = this.#sentMs[Math.ceil(endSample / this.#options.chunkSamples) - 1];
    if (this.#isTimed && sentMs !== undefined) into.push(performance.now() - sentMs);
  }
}

/** Less than a window is filled up to one; of nothing there is nothing to hear. */
function named({ keyword, endSample }: Pick<KeywordMessage, 'keyword' | 'endSample'>): string {
  return `${keyword}@${endSample}`;
}

function windowsIn(samples: number, { windowSamples, strideSamples }: Programme): number {
  if (samples === 0) return 0;
  return samples < windowSamples ? 1 : Math.floor((samples - windowSamples) / strideSamples) + 1;
}

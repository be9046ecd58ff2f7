/** One session as a microphone makes it: audio in real time, keywords timed and held to what had to be heard. */

import { clearTimeout, setTimeout } from 'k6/timers';
import { WebSocket } from 'k6/websockets';

import type { KeywordMessage, ServerMessage } from '#shared/protocol/messages.ts';

import { droppedAudio, eventLatencyMs, extraEvents, lateMs, lostEvents, readyMs, recall, refused, sessionsWhole } from './metrics.ts';
import type { Programme } from './programmes.ts';

/** How long a session may take from `stop` to its close. */
const END_TIMEOUT_MS = 15_000;
const SAMPLES_PER_MS = 16;
const NO_CAPACITY = new Set(['no_capacity', 'overloaded', 'too_many_sessions']);
/** k6 tells a close of the server as an error, now and then before the message that came ahead of it. */
const CLOSED_BY_SERVER = /close 1013: (\w+)/;

export interface SessionOptions {
  readonly url: string;
  readonly programme: Programme;
  /** Laid on every latency, for bars of their own. */
  readonly tags?: Record<string, string>;
  /** Cuts the connection after so long, without a word. */
  readonly cutAfterMs?: number;
  readonly onReady?: () => void;
}

/** What became of it. */
export type SessionOutcome = 'ended' | 'cut' | 'refused' | 'broken';

/** Streams a whole programme. Resolves when the socket is closed; never rejects. */
export function streamProgramme(options: SessionOptions): Promise<SessionOutcome> {
  return new Promise((resolve) => new StreamSession(options, resolve));
}

class StreamSession {
  readonly #options: SessionOptions;
  readonly #resolve: (outcome: SessionOutcome) => void;
  readonly #socket: WebSocket;
  readonly #openedMs = Date.now();
  readonly #sentMs: number[] = [];
  readonly #heard = new Set<string>();
  #readyAtMs: number | undefined;
  #error: string | undefined;
  #end: Extract<ServerMessage, { type: 'end' }> | undefined;
  #isClosed = false;
  #patience: number | undefined;

  constructor(options: SessionOptions, resolve: (outcome: SessionOutcome) => void) {
    this.#options = options;
    this.#resolve = resolve;
    // k6 ignores the argument for sub-protocols, but sends the header
    this.#socket = new WebSocket(`${options.url.replace(/^http/, 'ws')}/v1/stream`, null, {
      headers: { 'Sec-WebSocket-Protocol': 'kws.v1' },
    });
    this.#socket.onopen = () =>
      this.#socket.send(JSON.stringify({ type: 'start', sampleRate: 16_000, encoding: 'pcm_s16le', channels: 1 }));
    this.#socket.onmessage = (event) => event && this.#receive(JSON.parse(event.data as string) as ServerMessage);
    this.#socket.onclose = () => this.#close();
    this.#socket.onerror = (event) => (this.#error ??= reasonOf(event?.error ?? 'socket error'));
  }

  #receive(message: ServerMessage): void {
    if (message.type === 'ready') this.#begin();
    if (message.type === 'keyword') this.#hear(message);
    if (message.type === 'warning' && message.code === 'audio_dropped') droppedAudio.add(1);
    if (message.type === 'error') this.#error = message.code;
    if (message.type === 'end') this.#end = message;
  }

  #begin(): void {
    this.#readyAtMs = Date.now();
    readyMs.add(this.#readyAtMs - this.#openedMs);
    const { cutAfterMs, onReady } = this.#options;
    onReady?.();
    if (cutAfterMs !== undefined) setTimeout(() => this.#cut(), cutAfterMs);
    this.#sendDue();
  }

  /** Sends what is due by now, and comes back for the next. */
  #sendDue(): void {
    const { programme } = this.#options;
    if (this.#isClosed || this.#readyAtMs === undefined) return;
    for (;;) {
      const index = this.#sentMs.length;
      const nowMs = Date.now();
      if (index === programme.chunks) return this.#stop();
      const dueMs = this.#readyAtMs + ((index + 1) * programme.chunkSamples) / SAMPLES_PER_MS;
      if (dueMs > nowMs) return void setTimeout(() => this.#sendDue(), dueMs - nowMs);
      lateMs.add(nowMs - dueMs);
      this.#sentMs.push(nowMs);
      this.#socket.send(programme.chunkAt(index));
    }
  }

  #hear({ keyword, endSample }: KeywordMessage): void {
    const sentMs = this.#sentMs[Math.ceil(endSample / this.#options.programme.chunkSamples) - 1];
    if (sentMs !== undefined) eventLatencyMs.add(Date.now() - sentMs, this.#options.tags);
    this.#heard.add(`${keyword}@${endSample}`);
  }

  #stop(): void {
    this.#socket.send(JSON.stringify({ type: 'stop' }));
    this.#patience = setTimeout(() => this.#socket.close(), END_TIMEOUT_MS);
  }

  #cut(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
    this.#resolve('cut');
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#patience !== undefined) clearTimeout(this.#patience); // k6 begins no other session while a timer is left
    this.#resolve(this.#judge());
  }

  #judge(): SessionOutcome {
    if (this.#readyAtMs === undefined && NO_CAPACITY.has(this.#error ?? '')) {
      refused.add(1, { code: this.#error ?? '' });
      return 'refused';
    }
    const isWhole = this.#end?.samples === this.#options.programme.samples;
    if (!isWhole) console.warn(`session broke: ${this.#error ?? 'closed without an end'}, ${JSON.stringify(this.#end)}`);
    sessionsWhole.add(isWhole);
    this.#countEvents();
    return isWhole ? 'ended' : 'broken';
  }

  #countEvents(): void {
    const due = this.#options.programme.events.map(({ keyword, endSample }) => `${keyword}@${endSample}`);
    for (const event of due) recall.add(this.#heard.has(event));
    lostEvents.add(due.filter((event) => !this.#heard.has(event)).length);
    extraEvents.add([...this.#heard].filter((event) => !due.includes(event)).length);
  }
}

/** The code that a close tells, else all there is. */
function reasonOf(error: string): string {
  return CLOSED_BY_SERVER.exec(error)?.[1] ?? error;
}

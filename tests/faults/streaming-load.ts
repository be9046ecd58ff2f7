/** Sessions that stream recordings in real time while something goes wrong: each is held to every keyword of its recording. */

import { setTimeout as wait } from 'node:timers/promises';

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';

import { LoadClient, type Timings } from '../../bench/stream/load-client.ts';
import { loadProgrammes, type Programme } from '../../bench/stream/programme.ts';
import { recordingPath } from '../helpers/recordings.ts';

const CHUNK_MS = 80;
const TICK_MS = 10;
/** Before a client that was cut off or turned away comes again. */
const RETRY_MS = 250;
/** How soon sessions notice that they are to end. */
const STOP_POLL_MS = 100;
/** How long sessions have to end once told to. */
const END_TIMEOUT_MS = 20_000;

/** One session, from its opening to its close. */
export interface SessionOutcome {
  readonly openedMs: number;
  readonly closedMs: number;
  /** What it did not bring as it must; undefined if all is well. */
  readonly fault: string | undefined;
  /** It was never told ready. */
  readonly isTurnedAway: boolean;
}

export interface StreamingLoadOptions {
  readonly url: string;
  readonly sessions: number;
  /** How long one session streams. */
  readonly sessionSeconds: number;
}

/** So many sessions at any time, each followed by the next. */
export class StreamingLoad {
  readonly outcomes: SessionOutcome[] = [];
  readonly #options: StreamingLoadOptions;
  readonly #programmes: readonly Programme[];
  readonly #timings: Timings = { eventMs: [], posteriorsMs: [] };
  /** Each streaming client with when its next chunk is due. */
  readonly #streaming = new Map<LoadClient, number>();
  readonly #ticker: NodeJS.Timeout;
  readonly #clients: Promise<void>[];
  #isStopping = false;
  #begun = 0;

  constructor(options: StreamingLoadOptions, programmes: readonly Programme[]) {
    this.#options = options;
    this.#programmes = programmes;
    this.#ticker = setInterval(() => this.#sendDue(), TICK_MS);
    this.#clients = Array.from({ length: options.sessions }, () => this.#keepStreaming());
  }

  /** Begins, and resolves when all sessions stream. */
  static async start(options: StreamingLoadOptions): Promise<StreamingLoad> {
    const recordings = [recordingPath('yes-stop-left'), recordingPath('speech')];
    const load = new StreamingLoad(options, await loadProgrammes(recordings, options.sessionSeconds));
    while (load.#streaming.size < options.sessions) await wait(TICK_MS);
    return load;
  }

  /** How many sessions stream now. */
  get streaming(): number {
    return [...this.#streaming.keys()].filter((client) => client.isStreaming).length;
  }

  /** Sessions that were told ready and did not bring what they must. */
  get broken(): readonly SessionOutcome[] {
    return this.outcomes.filter(({ fault, isTurnedAway }) => fault !== undefined && !isTurnedAway);
  }

  get whole(): number {
    return this.outcomes.filter(({ fault }) => fault === undefined).length;
  }

  /** Lets all sessions end in order, and judges them. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const client of this.#streaming.keys()) client.stop();
    await Promise.all(this.#clients);
    clearInterval(this.#ticker);
  }

  async #keepStreaming(): Promise<void> {
    while (!this.#isStopping) {
      const outcome = await this.#streamOne();
      this.outcomes.push(outcome);
      if (outcome.fault !== undefined) await wait(RETRY_MS);
    }
  }

  async #streamOne(): Promise<SessionOutcome> {
    const openedMs = performance.now();
    const programme = this.#programmes[this.#begun++ % this.#programmes.length]!;
    const chunkSamples = (CHUNK_MS * SAMPLE_RATE_HZ) / 1000;
    const client = new LoadClient({ url: this.#options.url, programme, chunkSamples, wantsPosteriors: false }, this.#timings);
    await client.settled;
    if (client.isStreaming) this.#streaming.set(client, performance.now());
    if (this.#isStopping) client.stop();
    await this.#ended(client);
    this.#streaming.delete(client);
    return { openedMs, closedMs: performance.now(), fault: client.fault(), isTurnedAway: !client.wasReady };
  }

  /** Nobody waits for ever for a server that has stopped. */
  async #ended(client: LoadClient): Promise<void> {
    const closed = client.closed.then(() => true);
    const within = (ms: number): Promise<boolean> => Promise.race([closed, wait(ms, false)]);
    while (!this.#isStopping) if (await within(STOP_POLL_MS)) return;
    if (await within(END_TIMEOUT_MS)) return;
    client.terminate();
    await closed;
  }

  #sendDue(): void {
    for (const [client, dueMs] of this.#streaming) {
      const nowMs = performance.now();
      if (this.#isStopping || !client.isStreaming || dueMs > nowMs) continue;
      this.#streaming.set(client, dueMs + CHUNK_MS);
      if (client.sendChunk(nowMs)) continue;
      client.stop();
      this.#streaming.set(client, Infinity);
    }
  }
}

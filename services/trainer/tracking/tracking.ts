/** Runs under way: told to disk at once, sent to the store beside the work, taken up again after a kill. */

import { randomUUID } from 'node:crypto';

import { abandonedSpools, MAX_SPOOLED_RUNS, Spool, type Operation } from './spool.ts';
import { sendSpool } from './spool-sender.ts';
import type { DatasetInput, ParamValues, RunStatus, RunTracker } from './run-tracker.ts';
import { TrackingError } from './tracking-error.ts';
import { HEARTBEAT_TAG, type TrackingStore } from './tracking-store.ts';

/** How long to leave a store alone that could not be reached. */
const RETRY_MS = 15_000;
/** How often a run shows that it lives. */
const HEARTBEAT_MS = 60_000;
/** A run that is said to be under way and has not shown so for this long is lost. */
const LOST_AFTER_MS = 15 * HEARTBEAT_MS;
/** How long the end of a run waits for what is unsent. */
const FINISH_WAIT_MS = 30_000;

export interface TrackingOptions {
  readonly store: TrackingStore;
  readonly experiment: string;
  /** Where runs lie until the store has heard them. */
  readonly spoolDirectory: string;
  readonly user: string;
  /** Told what a person should know: a server that is away, values it refused. */
  readonly warn: (message: string) => void;
  readonly nowMs: () => number;
  readonly finishWaitMs?: number;
}

/** Keeps track of runs in one store. */
export class Tracking {
  readonly #options: TrackingOptions;
  readonly #mine = new Set<string>();

  constructor(options: TrackingOptions) {
    this.#options = options;
  }

  /** Opens a run. Works without the store. */
  startRun(name: string): RunTracker {
    const { spoolDirectory, experiment, user, nowMs } = this.#options;
    const key = randomUUID();
    const spool = Spool.create(spoolDirectory, key);
    this.#mine.add(key);
    spool.append({ type: 'open', key, experiment, name, startTimeMs: nowMs(), user });
    return new LiveRun(key, spool, { ...this.#options, ended: () => this.#mine.delete(key) });
  }

  /**
   * Sends what earlier processes left, and marks their runs as failed: those of this machine, whose spool shows it, and those
   * of others that have not shown a sign of life for long. A store that is away leaves all as it is.
   */
  async recover(): Promise<void> {
    const { store, spoolDirectory, experiment, warn, nowMs } = this.#options;
    const left = await abandonedSpools(spoolDirectory, (name) => this.#mine.has(name));
    for (const name of left.slice(0, Math.max(0, left.length - MAX_SPOOLED_RUNS))) {
      warn(`giving up the unsent run ${name}: ${MAX_SPOOLED_RUNS} newer ones wait`);
      await Spool.adopt(spoolDirectory, name)?.remove();
    }
    try {
      for (const name of left.slice(-MAX_SPOOLED_RUNS)) await this.#sendAbandoned(name);
      await markLostRuns(store, experiment, nowMs());
    } catch (error) {
      if (!(error instanceof TrackingError)) throw error;
      warn(`runs of before stay unsent: ${error.message}`);
    }
  }

  async #sendAbandoned(name: string): Promise<void> {
    const { store, spoolDirectory, warn, nowMs } = this.#options;
    const spool = Spool.adopt(spoolDirectory, name);
    if (spool === undefined) return;
    const hasEnded = spool.operations().some(({ type }) => type === 'end');
    if (!hasEnded) spool.append({ type: 'end', status: 'FAILED', endTimeMs: nowMs() });
    await sendSpool(spool, store, warn);
    await spool.remove();
  }
}

interface LiveRunOptions extends TrackingOptions {
  readonly ended: () => void;
}

class LiveRun implements RunTracker {
  readonly key: string;
  readonly #spool: Spool;
  readonly #options: LiveRunOptions;
  readonly #heartbeat: NodeJS.Timeout;
  #sending: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isAway = false;

  constructor(key: string, spool: Spool, options: LiveRunOptions) {
    this.key = key;
    this.#spool = spool;
    this.#options = options;
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS).unref();
    this.#beat();
  }

  params(values: ParamValues): void {
    this.#tell({ type: 'params', values: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)])) });
  }

  tags(values: Readonly<Record<string, string>>): void {
    this.#tell({ type: 'tags', values });
  }

  metrics(values: Readonly<Record<string, number>>, step: number): void {
    this.#tell({ type: 'metrics', values, step, timestampMs: this.#options.nowMs() });
  }

  dataset(input: DatasetInput): void {
    this.#tell({ type: 'dataset', ...input });
  }

  artefact(path: string, name: string): void {
    this.#spool.appendFile(path, name);
    this.#startSending();
  }

  async finish(status: RunStatus): Promise<void> {
    clearInterval(this.#heartbeat);
    if (this.#spool.dropped > 0) this.tags({ 'kws.dropped': String(this.#spool.dropped) });
    this.#tell({ type: 'end', status, endTimeMs: this.#options.nowMs() });
    const isSent = await this.#sendWithin(this.#options.finishWaitMs ?? FINISH_WAIT_MS);
    clearTimeout(this.#retry);
    if (isSent) await this.#spool.remove();
    else
      this.#options.warn(`${this.#options.store.place} has not heard the whole run; what is left goes with the next start of the trainer`);
    this.#options.ended();
  }

  #tell(operation: Operation): void {
    this.#spool.append(operation);
    this.#startSending();
  }

  #beat(): void {
    this.#spool.beat();
    if (!this.#isAway) this.tags({ [HEARTBEAT_TAG]: String(this.#options.nowMs()) });
  }

  /** At most one sender at a time; what is told meanwhile is sent after. */
  #startSending(): void {
    if (this.#retry !== undefined) return; // the store is away: the timer starts again
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
      if (!this.#isAway && this.#hasUnsent()) this.#startSending();
    });
  }

  async #send(): Promise<void> {
    const { store, warn } = this.#options;
    try {
      await sendSpool(this.#spool, store, warn);
      this.#isAway = false;
    } catch (error) {
      if (!this.#isAway) warn(`keeping the run on disk until the store is back: ${error instanceof Error ? error.message : String(error)}`);
      this.#isAway = true;
      this.#retry = setTimeout(() => {
        this.#retry = undefined;
        this.#startSending();
      }, RETRY_MS).unref();
    }
  }

  #hasUnsent(): boolean {
    return this.#spool.progress().sent < this.#spool.operations().length;
  }

  /** Whether all is sent within the time. */
  async #sendWithin(waitMs: number): Promise<boolean> {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#startSending();
    let timer: NodeJS.Timeout | undefined;
    const timeUp = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, waitMs);
    });
    const allSent = (async () => {
      while (this.#sending) await this.#sending;
    })();
    await Promise.race([allSent, timeUp]);
    clearTimeout(timer);
    return this.#sending === undefined && !this.#hasUnsent();
  }
}

async function markLostRuns(store: TrackingStore, experiment: string, nowMs: number): Promise<void> {
  for (const { runId, status, tags } of await store.runsOf(experiment)) {
    const beatMs = Number(tags.get(HEARTBEAT_TAG));
    if (status !== 'RUNNING' || !(nowMs - beatMs > LOST_AFTER_MS)) continue;
    await store.endRun(runId, { status: 'FAILED', endTimeMs: beatMs });
  }
}

/** Keeps one worker a core running: starts them, replaces those that crash or freeze, adds up their metrics, and stops them in order. */

import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';

import type { Logger } from 'pino';
import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue } from 'prom-client';

import { CodedError } from '#shared/coded-error.ts';
import type { ModelSummary } from '#shared/protocol/messages.ts';

import { WorkerMessageSchema, type SupervisorMessage, type WorkerMessage } from './messages.ts';
import { HEARTBEAT_MS, Silence } from './silence.ts';

/** Between a crash and the next start, twice as long after each crash in a row. */
const MIN_RESTART_DELAY_MS = 100;
const MAX_RESTART_DELAY_MS = 30_000;
/** A worker that has run for so long has not crashed in a row. */
const STABLE_MS = 60_000;
/** How long a worker has to give its metrics; the others' are shown without. */
const COLLECT_TIMEOUT_MS = 2000;
/** Beyond the drain timeout, before a worker is ended by force. */
const STOP_GRACE_MS = 10_000;

export interface SupervisorOptions {
  readonly workers: number;
  /** The program each worker runs. */
  readonly program: string;
  readonly drainTimeoutMs: number;
  readonly log: Logger;
}

export interface Started {
  readonly url: string;
  readonly model: ModelSummary;
}

/** The parent of the processes that share the port. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #collections = new Map<number, (worker: Worker, values: MetricObjectWithValues<MetricValue<string>>[]) => void>();
  readonly #silence = new Silence<Worker>();
  #watching: NodeJS.Timeout | undefined;
  #collection = 0;
  #crashesInRow = 0;
  #isStopping = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    cluster.setupPrimary({ exec: options.program, args: [] });
  }

  /**
   * Starts the first worker, and the others once it runs; what befalls those keeps nobody from starting.
   *
   * @throws {CodedError} what keeps the first from starting
   */
  async start(): Promise<Started> {
    const first = cluster.fork();
    const started = await outcomeOf(first);
    this.#look(first);
    this.#silence.heard(first, performance.now());
    this.#watching = setInterval(() => this.#endFrozen(), HEARTBEAT_MS);
    const others = Array.from({ length: this.#options.workers - 1 }, () => cluster.fork());
    for (const worker of others) this.#look(worker); // one that ends before it listens is replaced too
    await Promise.allSettled(others.map((worker) => outcomeOf(worker)));
    return started;
  }

  /** Has all workers drain and end; resolves when they have. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#watching);
    const running = workersOf();
    const exits = running.map((worker) => once(worker, 'exit'));
    for (const worker of running) tell(worker, { type: 'drain' });
    const force = setTimeout(() => {
      for (const worker of running) worker.process.kill('SIGKILL');
    }, this.#options.drainTimeoutMs + STOP_GRACE_MS);
    await Promise.all(exits);
    clearTimeout(force);
  }

  #look(worker: Worker): void {
    const sinceMs = performance.now();
    worker.on('message', (data: unknown) => this.#receive(worker, WorkerMessageSchema.parse(data)));
    worker.on('exit', (code, signal) => {
      this.#silence.forget(worker);
      if (this.#isStopping) return;
      this.#crashesInRow = performance.now() - sinceMs > STABLE_MS ? 1 : this.#crashesInRow + 1;
      this.#options.log.error({ pid: worker.process.pid, code, signal }, 'worker crashed');
      void this.#replace().catch((error: unknown) => this.#options.log.error({ err: error }, 'worker not replaced'));
    });
  }

  /** A frozen worker keeps its sessions waiting and its share of the port; its exit brings another. */
  #endFrozen(): void {
    for (const worker of this.#silence.look(performance.now())) {
      this.#options.log.error({ pid: worker.process.pid }, 'worker frozen');
      this.#silence.forget(worker); // once is enough
      worker.process.kill('SIGKILL');
    }
  }

  async #replace(): Promise<void> {
    const delayMs = Math.min(MAX_RESTART_DELAY_MS, MIN_RESTART_DELAY_MS * 2 ** (this.#crashesInRow - 1));
    await wait(delayMs, undefined, { ref: false });
    if (this.#isStopping) return;
    const worker = cluster.fork();
    this.#look(worker);
  }

  #receive(worker: Worker, message: WorkerMessage): void {
    switch (message.type) {
      case 'failed': // its exit follows
        return;
      case 'started': // one that freezes before its first sign of life is missed too
      case 'alive':
        return this.#silence.heard(worker, performance.now());
      case 'metrics-wanted':
        void this.#answerMetrics(worker, message.request).catch((error: unknown) =>
          this.#options.log.error({ err: error }, 'metrics not added up'),
        );
        return;
      case 'metrics':
        this.#collections.get(message.collection)?.(worker, message.values as unknown as MetricObjectWithValues<MetricValue<string>>[]);
    }
  }

  async #answerMetrics(worker: Worker, request: number): Promise<void> {
    const registry = AggregatorRegistry.aggregate(await this.#collect());
    tell(worker, { type: 'metrics-of-all', request, text: await registry.metrics() });
  }

  /** One entry for each worker that answers in time. */
  async #collect(): Promise<MetricObjectWithValues<MetricValue<string>>[][]> {
    const collection = this.#collection++;
    const workers = workersOf();
    const answers = new Map<Worker, MetricObjectWithValues<MetricValue<string>>[]>();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, COLLECT_TIMEOUT_MS);
      this.#collections.set(collection, (worker, values) => {
        answers.set(worker, values);
        if (answers.size < workers.length) return;
        clearTimeout(timer);
        resolve();
      });
      for (const worker of workers) tell(worker, { type: 'collect', collection });
    });
    this.#collections.delete(collection);
    return [...answers.values()];
  }
}

/** Waits for a worker to listen. @throws {CodedError} what keeps it from that */
async function outcomeOf(worker: Worker): Promise<Started> {
  const exited = new AbortController();
  worker.once('exit', () => exited.abort());
  try {
    const [data] = (await once(worker, 'message', { signal: exited.signal })) as unknown[];
    const message = WorkerMessageSchema.parse(data);
    if (message.type === 'started') return message;
    if (message.type === 'failed') throw new CodedError(message.code, message.message);
    throw new TypeError(`a worker begins with ${message.type}`);
  } catch (error) {
    if (!exited.signal.aborted) throw error;
    throw new CodedError('worker_failed', 'a worker ended before it listened; its messages are above', { cause: error });
  }
}

function workersOf(): readonly Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker?.isConnected() === true) as Worker[];
}

/** A worker that has just gone needs no message. */
function tell(worker: Worker, message: SupervisorMessage): void {
  worker.send(message, () => undefined);
}

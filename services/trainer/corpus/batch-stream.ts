/** Batches in order, made ahead of the training by worker threads. */

import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';

import { startWorker } from '../start-worker.ts';
import { TrainerError } from '../trainer-error.ts';
import { batchesPerEpoch, type Batch } from './batch-maker.ts';
import type { BatchRequest, BatchWorkerData } from './batch-worker.ts';

/** How many batches a worker makes ahead of the one in use: some 4 MB each. */
const BATCHES_AHEAD = 4;
const BATCH_WORKER = new URL('./batch-worker.ts', import.meta.url);

/** Worker threads that turn examples into batches. Worker `w` of `n` makes the batches w, w + n, w + 2n … */
export class BatchStream {
  readonly batchesPerEpoch: number;
  readonly #workers: readonly Worker[];

  constructor(workerData: BatchWorkerData) {
    const { source } = workerData;
    this.batchesPerEpoch = batchesPerEpoch(source);
    this.#workers = Array.from({ length: source.config.training.workers }, () => startWorker(BATCH_WORKER, workerData));
  }

  /** The batches of one epoch, in order, from `first` on. */
  async *epoch(epoch: number, first = 0): AsyncGenerator<Batch> {
    const queues = this.#workers.map((worker) => new BatchQueue(worker));
    const request = (index: number): void => {
      if (index < this.batchesPerEpoch) queues[index % queues.length]!.request({ epoch, index });
    };
    try {
      const ahead = BATCHES_AHEAD * queues.length;
      for (let index = first; index < first + ahead; index++) request(index);
      for (let index = first; index < this.batchesPerEpoch; index++) {
        yield await queues[index % queues.length]!.next();
        request(index + ahead);
      }
    } finally {
      for (const queue of queues) queue.close();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

/** The answers of one worker, in the order of the requests. */
class BatchQueue {
  readonly #worker: Worker;
  readonly #ready: Batch[] = [];
  #failure: Error | undefined;
  readonly #onMessage = (batch: Batch): void => void this.#ready.push(batch);
  readonly #onError = (error: Error): void => void (this.#failure = error);

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', this.#onMessage).on('error', this.#onError);
  }

  request(request: BatchRequest): void {
    this.#worker.postMessage(request);
  }

  async next(): Promise<Batch> {
    while (this.#ready.length === 0) {
      if (this.#failure)
        throw new TrainerError('worker_failed', `a batch worker failed: ${this.#failure.message}`, { cause: this.#failure });
      await once(this.#worker, 'message').catch(() => undefined); // an error is seen at the top of the loop
    }
    return this.#ready.shift()!;
  }

  close(): void {
    this.#worker.off('message', this.#onMessage).off('error', this.#onError);
  }
}

/** Spreads work over the cores: each item goes to a worker thread, the answers come back in the order of the items. */

import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';

import { startWorker } from '../start-worker.ts';
import { TrainerError } from '../trainer-error.ts';

/** How many items wait at a worker, so that it never waits for the next. */
const ITEMS_AHEAD = 2;

/** What a worker is sent; it answers with `Answer`. */
export interface Task<I> {
  readonly index: number;
  readonly item: I;
}

export interface Answer<O> {
  readonly index: number;
  readonly result: O;
}

export interface WorkerJob {
  readonly file: URL;
  readonly workerData: unknown;
  /** Told how many items are done. */
  readonly onProgress: (done: number) => void;
}

/** @throws {TrainerError} `worker_failed` */
export async function mapInWorkers<O>(items: readonly unknown[], { file, workerData, onProgress }: WorkerJob): Promise<O[]> {
  const results = new Array<O>(items.length);
  const threads = Array.from({ length: Math.min(availableParallelism(), items.length) }, () => startWorker(file, workerData));
  let [sent, done] = [0, 0];
  const feed = (worker: Worker): void => {
    if (sent < items.length) worker.postMessage({ index: sent, item: items[sent++] } satisfies Task<unknown>);
  };
  try {
    await new Promise<void>((resolve, reject) => {
      if (items.length === 0) resolve();
      for (const worker of threads) {
        worker.on('error', (cause) => {
          reject(new TrainerError('worker_failed', `a worker failed: ${cause.message}`, { cause }));
        });
        worker.on('message', ({ index, result }: Answer<O>) => {
          results[index] = result;
          onProgress(++done);
          if (done === items.length) resolve();
          else feed(worker);
        });
        for (let ahead = 0; ahead < ITEMS_AHEAD; ahead++) feed(worker);
      }
    });
  } finally {
    await Promise.all(threads.map((worker) => worker.terminate()));
  }
  return results;
}

/** The worker thread that makes batches: each message asks for one, each answer is one. */

import { parentPort, workerData } from 'node:worker_threads';

import { BatchMaker, type BatchSource } from './batch-maker.ts';

/** Asks for batch `index` of `epoch`. */
export interface BatchRequest {
  readonly epoch: number;
  readonly index: number;
}

const maker = new BatchMaker(workerData as BatchSource);

parentPort!.on('message', ({ epoch, index }: BatchRequest) => {
  const batch = maker.batch(epoch, index);
  parentPort!.postMessage(batch, [batch.features.buffer, batch.labels.buffer]);
});

/** The worker thread that makes batches: each message asks for one, each answer is one. */

import { parentPort, workerData } from 'node:worker_threads';

import { createKernelExtractor } from '#shared/kernel/kernel-extractor.ts';

import { BatchMaker, logMelFeatures, type BatchSource } from './batch-maker.ts';

/** What a worker is started with. */
export interface BatchWorkerData {
  readonly source: BatchSource;
  readonly kernel: WebAssembly.Module;
}

/** Asks for batch `index` of `epoch`. */
export interface BatchRequest {
  readonly epoch: number;
  readonly index: number;
}

const { source, kernel } = workerData as BatchWorkerData;
const maker = new BatchMaker(source, await createKernelExtractor(kernel, logMelFeatures(source.config.features)));

parentPort!.on('message', ({ epoch, index }: BatchRequest) => {
  const batch = maker.batch(epoch, index);
  parentPort!.postMessage(batch, [batch.features.buffer, batch.labels.buffer, batch.targets.buffer]);
});

/** The worker thread that computes features: each message names clips and a file, each answer says that it is written. */

import { parentPort, workerData } from 'node:worker_threads';

import type { FeatureConfig } from '#shared/features/feature-config.ts';
import { createKernelExtractor } from '#shared/kernel/kernel-extractor.ts';

import type { Answer, Task } from '../map-in-workers.ts';
import type { SampleStore } from '../sample-store.ts';
import { writeFeatures, type FeatureJob } from './write-features.ts';

/** What a worker is started with. */
export interface FeatureWorkerData {
  /** Its samples are shared memory. */
  readonly store: SampleStore;
  readonly features: FeatureConfig;
  readonly windowSamples: number;
  readonly kernel: WebAssembly.Module;
}

const { store, features, windowSamples, kernel } = workerData as FeatureWorkerData;
const extractor = await createKernelExtractor(kernel, features);

parentPort!.on('message', ({ index, item }: Task<FeatureJob>) => {
  writeFeatures(store, item, { extractor, windowSamples });
  parentPort!.postMessage({ index, result: true } satisfies Answer<true>);
});

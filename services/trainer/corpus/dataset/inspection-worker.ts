/** The worker thread that measures recordings: each message names some, each answer tells what they hold. */

import { parentPort, workerData } from 'node:worker_threads';

import type { Answer, Task } from '../map-in-workers.ts';
import { inspectFile, type ClipFacts } from './inspect-clip.ts';

/** What a worker is started with. */
export interface InspectionWorkerData {
  readonly directory: string;
}

const { directory } = workerData as InspectionWorkerData;

parentPort!.on('message', ({ index, item }: Task<readonly string[]>) => {
  const result = item.map((path) => inspectFile(directory, path));
  parentPort!.postMessage({ index, result } satisfies Answer<ClipFacts[]>);
});

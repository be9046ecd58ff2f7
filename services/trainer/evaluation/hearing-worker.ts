/** The worker thread that hears recordings: each message is one, each answer its track. */

import { parentPort, workerData } from 'node:worker_threads';

import { createKernelEngine } from '#shared/kernel/kernel-engine.ts';
import type { Artefact } from '#shared/model/artefact.ts';

import { trackOf } from './posterior-track.ts';

/** What a worker is started with. */
export interface HearingWorkerData {
  readonly artefact: Artefact;
  readonly kernel: WebAssembly.Module;
}

const { artefact, kernel } = workerData as HearingWorkerData;
const classifier = (await createKernelEngine(kernel)).load(artefact);

parentPort!.on('message', (recording: Int16Array) => {
  const track = trackOf(classifier, recording);
  parentPort!.postMessage(track, [track.endSamples.buffer, track.posteriors.buffer]);
});

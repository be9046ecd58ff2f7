/** Who hears recordings for an evaluation: this thread with any engine, or worker threads with the production kernel. */

import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';

import type { Artefact } from '#shared/model/artefact.ts';
import type { Engine } from '#shared/model/classifier.ts';

import { compileKernel } from '../kernel.ts';
import { startWorker } from '../start-worker.ts';
import { TrainerError } from '../trainer-error.ts';
import type { HearingWorkerData } from './hearing-worker.ts';
import { trackOf, type PosteriorTrack } from './posterior-track.ts';

/** Hears recordings with one model. */
export interface Hearer {
  /** The tracks of recordings, in their order. `recordingOf` is called when its turn comes, so that few are held at once. */
  hear(count: number, recordingOf: (i: number) => Int16Array, onProgress: (heard: number) => void): Promise<PosteriorTrack[]>;
  close(): Promise<void>;
}

/** Hears in this thread. */
export function createHearer(engine: Engine, artefact: Artefact): Hearer {
  const classifier = engine.load(artefact);
  return {
    hear: (count, recordingOf, onProgress) =>
      Promise.resolve(
        Array.from({ length: count }, (_, i) => {
          const track = trackOf(classifier, recordingOf(i));
          onProgress(i + 1);
          return track;
        }),
      ),
    close: () => {
      classifier.close();
      return Promise.resolve();
    },
  };
}

/** Hears in `threads` threads, each with a kernel of its own. @throws {TrainerError} `kernel_not_built` */
export async function createHearerPool(artefact: Artefact, threads: number): Promise<Hearer> {
  const workerData: HearingWorkerData = { artefact, kernel: await compileKernel() };
  const workers = Array.from({ length: threads }, () => startWorker(new URL('./hearing-worker.ts', import.meta.url), workerData));
  return {
    hear: (count, recordingOf, onProgress) => hearInTurns(workers, { count, recordingOf, onProgress }),
    close: async () => void (await Promise.all(workers.map((worker) => worker.terminate()))),
  };
}

interface Turns {
  readonly count: number;
  readonly recordingOf: (i: number) => Int16Array;
  readonly onProgress: (heard: number) => void;
}

async function hearInTurns(workers: readonly Worker[], { count, recordingOf, onProgress }: Turns): Promise<PosteriorTrack[]> {
  const tracks: PosteriorTrack[] = [];
  let [next, heard] = [0, 0];
  const takeTurns = async (worker: Worker): Promise<void> => {
    while (next < count) {
      const i = next++;
      tracks[i] = await ask(worker, recordingOf(i));
      onProgress(++heard);
    }
  };
  await Promise.all(workers.map(takeTurns));
  return tracks;
}

async function ask(worker: Worker, recording: Int16Array): Promise<PosteriorTrack> {
  worker.postMessage(recording);
  try {
    const [track] = (await once(worker, 'message')) as [PosteriorTrack];
    return track;
  } catch (cause) {
    throw new TrainerError('worker_failed', `a hearing worker failed: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

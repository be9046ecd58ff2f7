/**
 * Features of clips as they are, computed once: files named by what they were computed from, so that none is ever stale. For validation, the
 * statistics of normalisation, and evaluation; what a network learns from is augmented anew in every epoch, and computed when it is needed.
 */

import { createHash } from 'node:crypto';
import { mkdir, readFile, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { framesIn, type FeatureConfig } from '#shared/features/feature-config.ts';
import { createKernelExtractor } from '#shared/kernel/kernel-extractor.ts';

import { mapInWorkers } from '../map-in-workers.ts';
import { recordingOf, type SampleStore } from '../sample-store.ts';
import { decodeNpy } from './npy.ts';
import { prune } from './prune.ts';
import { writeFeatures, type FeatureJob } from './write-features.ts';
import type { FeatureWorkerData } from './feature-worker.ts';

/** Where the files lie, unless told otherwise. */
export const FEATURE_CACHE_DIRECTORY = fileURLToPath(new URL('../../../../.cache/features/', import.meta.url));
/** Clips a file: 4 MB of features. Memory is bounded by a file a core, and the result. */
const CLIPS_A_FILE = 256;
/** To be raised when the same configuration gives other numbers. */
const LAYOUT = 1;

export interface FeatureCacheOptions {
  readonly features: FeatureConfig;
  readonly windowSamples: number;
  readonly kernel: WebAssembly.Module;
  readonly directory?: string;
  /** Told how many clips are computed, of how many that were not there. */
  readonly onProgress?: (computed: number, missing: number) => void;
}

/**
 * Unnormalised features of some recordings, each centred in a window and padded with zeros: from files where they are there, else computed
 * on all cores. A killed run goes on with the files that were whole.
 *
 * @returns `[recordings, frames, coefficients]`
 */
export async function cachedFeatures(
  store: SampleStore,
  recordings: readonly number[],
  options: FeatureCacheOptions,
): Promise<Float32Array> {
  const { features, windowSamples, directory = FEATURE_CACHE_DIRECTORY } = options;
  const width = framesIn(windowSamples, features) * features.coefficients;
  const out = new Float32Array(recordings.length * width);
  const jobs = jobsOf(store, recordings, { ...options, directory });
  const missing: FeatureJob[] = [];
  for (const job of jobs) if (!(await readInto(out, job, width))) missing.push(job);
  if (missing.length > 0) await compute(store, missing, options);
  for (const job of missing) {
    if (!(await readInto(out, job, width))) throw new Error(`${job.path} was written and cannot be read`);
  }
  if (missing.length > 0) await prune(directory);
  return out;
}

function jobsOf(store: SampleStore, recordings: readonly number[], options: FeatureCacheOptions & { directory: string }): FeatureJob[] {
  return Array.from({ length: Math.ceil(recordings.length / CLIPS_A_FILE) }, (_, i) => {
    const first = i * CLIPS_A_FILE;
    const some = recordings.slice(first, first + CLIPS_A_FILE);
    const key = keyOf(store, some, options);
    return { first, recordings: some, path: join(options.directory, key.slice(0, 2), `${key}.npy`) };
  });
}

/** SHA-256 of the configuration and the samples. */
function keyOf(store: SampleStore, recordings: readonly number[], { features, windowSamples }: FeatureCacheOptions): string {
  const hash = createHash('sha256').update(JSON.stringify([LAYOUT, features, windowSamples]));
  for (const recording of recordings) {
    const samples = recordingOf(store, recording);
    hash.update(`${samples.length}\n`).update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
  }
  return hash.digest('hex');
}

/** @returns whether the file was there, and whole */
async function readInto(out: Float32Array, { first, recordings, path }: FeatureJob, width: number): Promise<boolean> {
  const bytes = await readFile(path).catch(() => undefined);
  const array = bytes === undefined ? undefined : decodeNpy(bytes);
  if (array?.values.length !== recordings.length * width) return false;
  out.set(array.values, first * width);
  const now = new Date();
  await utimes(path, now, now); // used: the last to be removed
  return true;
}

async function compute(
  store: SampleStore,
  jobs: readonly FeatureJob[],
  { features, windowSamples, kernel, onProgress }: FeatureCacheOptions,
): Promise<void> {
  const missing = jobs.reduce((sum, { recordings }) => sum + recordings.length, 0);
  const report = (files: number): void => onProgress?.(Math.min(missing, files * CLIPS_A_FILE), missing);
  for (const { path } of jobs) await mkdir(dirname(path), { recursive: true });
  if (jobs.length > 1) {
    const workerData: FeatureWorkerData = { store, features, windowSamples, kernel };
    await mapInWorkers<true>(jobs, { file: new URL('./feature-worker.ts', import.meta.url), workerData, onProgress: report });
    return;
  }
  const extractor = await createKernelExtractor(kernel, features); // a thread would take longer to start than this takes
  for (const job of jobs) writeFeatures(store, job, { extractor, windowSamples });
  report(jobs.length);
}

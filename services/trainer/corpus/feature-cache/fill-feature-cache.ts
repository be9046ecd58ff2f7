/** Fills the cache with the features of a split, some thousand clips at a time. */

import type { TrainerConfig } from '../../config.ts';
import { compileKernel } from '../../kernel.ts';
import { listCorpus } from '../corpus.ts';
import type { Split } from '../speaker-split.ts';
import { loadSamples, recordingCount } from '../sample-store.ts';
import { cachedFeatures, FEATURE_CACHE_DIRECTORY } from './feature-cache.ts';

/** Clips in memory: some 130 MB of samples, and as much of features. */
export const CLIPS_AT_ONCE = 4096;

export interface FillOptions {
  readonly data: string;
  readonly split: Split;
  readonly directory?: string;
  readonly onStart: (clips: number) => void;
  readonly onProgress: (clips: number) => void;
}

export interface FilledCache {
  readonly clips: number;
  /** Those that were not there. */
  readonly computed: number;
  readonly directory: string;
}

/** @throws {TrainerError} `data_not_found`, `unreadable_clip`, `worker_failed` */
export async function fillFeatureCache(
  config: Pick<TrainerConfig, 'features' | 'windowSamples'>,
  options: FillOptions,
): Promise<FilledCache> {
  const { data, split, directory = FEATURE_CACHE_DIRECTORY, onStart, onProgress } = options;
  const paths = (await listCorpus(data)).clips.filter((clip) => clip.split === split).map(({ path }) => path);
  onStart(paths.length);
  const kernel = await compileKernel();
  let computed = 0;
  for (let first = 0; first < paths.length; first += CLIPS_AT_ONCE) {
    const store = await loadSamples(paths.slice(first, first + CLIPS_AT_ONCE), () => undefined);
    const all = Array.from({ length: recordingCount(store) }, (_, i) => i);
    let missingHere = 0;
    const note = (_done: number, missing: number): void => void (missingHere = missing);
    await cachedFeatures(store, all, {
      features: config.features,
      windowSamples: config.windowSamples,
      kernel,
      directory,
      onProgress: note,
    });
    computed += missingHere;
    onProgress(first + all.length);
  }
  return { clips: paths.length, computed, directory };
}

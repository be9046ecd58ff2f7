/** Computes the features of a file of the cache, and writes it whole or not at all. */

import { renameSync, writeFileSync } from 'node:fs';
import { threadId } from 'node:worker_threads';

import { framesIn } from '#shared/features/feature-config.ts';
import type { FeatureExtractor } from '#shared/features/mfcc.ts';

import { cleanFeatures } from '../clean-features.ts';
import type { SampleStore } from '../sample-store.ts';
import { encodeNpy } from './npy.ts';

/** What a file holds. */
export interface FeatureJob {
  /** Where its clips begin in the result. */
  readonly first: number;
  readonly recordings: readonly number[];
  readonly path: string;
}

/** Files that are being written end like this. */
export const PARTIAL_SUFFIX = '.partial';

/** Synchronous: it runs in a worker thread, or for a single file. Several processes may write the same file: the content is the same. */
export function writeFeatures(
  store: SampleStore,
  { recordings, path }: FeatureJob,
  options: { extractor: FeatureExtractor; windowSamples: number },
): void {
  const { config } = options.extractor;
  const shape = [recordings.length, framesIn(options.windowSamples, config), config.coefficients];
  const partial = `${path}.${process.pid}-${threadId}${PARTIAL_SUFFIX}`;
  writeFileSync(partial, encodeNpy({ shape, values: cleanFeatures(store, recordings, options) }));
  renameSync(partial, path);
}

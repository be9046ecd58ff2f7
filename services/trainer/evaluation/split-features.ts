/** What a model sees of the clips of a split, as they are. */

import type { Manifest } from '#shared/model/manifest.ts';

import { listCorpus, type Clip } from '../corpus/corpus.ts';
import { cachedFeatures } from '../corpus/feature-cache/feature-cache.ts';
import { loadSamples } from '../corpus/sample-store.ts';
import type { Split } from '../corpus/speaker-split.ts';
import { compileKernel } from '../kernel.ts';
import { TrainerError } from '../trainer-error.ts';

/** The clips of a split and their features, `[clips, frames, coefficients]`, unnormalised. */
export interface SplitFeatures {
  readonly clips: readonly Clip[];
  readonly features: Float32Array;
}

/** @throws {TrainerError} `data_not_found`, `unreadable_clip` */
export async function splitFeatures(
  { features, windowSamples }: Pick<Manifest, 'features' | 'windowSamples'>,
  { dataDirectory, split }: { readonly dataDirectory: string; readonly split: Split },
): Promise<SplitFeatures> {
  const clips = (await listCorpus(dataDirectory)).clips.filter((clip) => clip.split === split);
  if (clips.length === 0) throw new TrainerError('data_not_found', `no clips of the ${split} split in ${dataDirectory}`);
  const store = await loadSamples(
    clips.map(({ path }) => path),
    () => undefined,
  );
  return { clips, features: await cachedFeatures(store, [...clips.keys()], { features, windowSamples, kernel: await compileKernel() }) };
}

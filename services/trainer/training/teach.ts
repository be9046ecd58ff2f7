/** Soft labels: what one model says of clips, or several in the mean. */

import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { Classifier, Engine } from '#shared/model/classifier.ts';

import { loadArtefact, writeWhole } from '../artefact-files.ts';
import { listCorpus, type Clip } from '../corpus/corpus.ts';
import { cachedFeatures } from '../corpus/feature-cache/feature-cache.ts';
import { CLIPS_AT_ONCE } from '../corpus/feature-cache/fill-feature-cache.ts';
import { loadSamples } from '../corpus/sample-store.ts';
import { CLIP_COLUMN, clipName } from '../corpus/soft-labels.ts';
import type { Split } from '../corpus/speaker-split.ts';
import { posteriorsOf } from '../evaluation/clip-accuracy.ts';
import { compileKernel } from '../kernel.ts';
import { TrainerError } from '../trainer-error.ts';

const DECIMALS = 5;

export interface TeachOptions {
  /** Folders of artefacts with the same labels. */
  readonly models: readonly string[];
  readonly data: string;
  readonly split: Split;
  readonly out: string;
  readonly engine: Engine;
  readonly onStart: (clips: number) => void;
  readonly onProgress: (clips: number) => void;
}

/**
 * Writes a row of posteriors for each clip of the split, for `train.softLabels.file`; the file is there only whole.
 *
 * @throws {TrainerError} `invalid_dataset`, `data_not_found`, `unreadable_clip`
 */
export async function teach({ models, data, split, out, engine, onStart, onProgress }: TeachOptions): Promise<void> {
  const artefacts = await Promise.all(models.map((model) => loadArtefact(model)));
  const labels = artefacts[0]!.manifest.labels;
  const other = artefacts.findIndex(({ manifest }) => manifest.labels.join() !== labels.join());
  if (other > 0) throw new TrainerError('invalid_dataset', `${models[other]} has other labels than ${models[0]}: teachers agree on them`);
  const clips = (await listCorpus(data)).clips.filter((clip) => clip.split === split);
  if (clips.length === 0) throw new TrainerError('data_not_found', `no clips of the ${split} split in ${data}`);
  onStart(clips.length);
  const kernel = await compileKernel();
  const classifiers = artefacts.map((artefact) => engine.load(artefact));
  const lines = [[CLIP_COLUMN, ...labels].join(',')];
  try {
    for (let first = 0; first < clips.length; first += CLIPS_AT_ONCE) {
      const some = clips.slice(first, first + CLIPS_AT_ONCE);
      const rows = await meanPosteriors(some, { classifiers, kernel });
      rows.forEach((row, i) => lines.push([clipName(some[i]!.path, data), ...row.map(shortened)].join(',')));
      onProgress(lines.length - 1);
    }
  } finally {
    for (const classifier of classifiers) classifier.close();
  }
  await mkdir(dirname(out), { recursive: true });
  await writeWhole(out, `${lines.join('\n')}\n`);
}

/** @returns a row for each clip, in label order */
async function meanPosteriors(
  clips: readonly Clip[],
  { classifiers, kernel }: { classifiers: readonly Classifier[]; kernel: WebAssembly.Module },
): Promise<readonly number[][]> {
  const store = await loadSamples(
    clips.map(({ path }) => path),
    () => undefined,
  );
  const sums = clips.map((): number[] => []);
  for (const classifier of classifiers) {
    const { features: config, windowSamples } = classifier.manifest;
    const features = await cachedFeatures(store, [...clips.keys()], { features: config, windowSamples, kernel });
    let clip = 0;
    for (const posteriors of posteriorsOf(classifier, { clips: clips.length, features })) {
      const sum = sums[clip++]!;
      posteriors.forEach((value, label) => (sum[label] = (sum[label] ?? 0) + value / classifiers.length));
    }
  }
  return sums;
}

function shortened(value: number): string {
  return String(Number(value.toFixed(DECIMALS)));
}

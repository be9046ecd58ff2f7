/** Soft labels: what one model says of clips, or several in the mean. */

import { createWriteStream } from 'node:fs';
import { rename, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';

import type { Engine } from '#shared/model/classifier.ts';

import { loadArtefact } from '../artefact-files.ts';
import { listCorpus, type Clip } from '../corpus/corpus.ts';
import { cachedFeatures } from '../corpus/feature-cache/feature-cache.ts';
import { loadSamples } from '../corpus/sample-store.ts';
import { CLIP_COLUMN, clipName } from '../corpus/soft-labels.ts';
import type { Split } from '../corpus/speaker-split.ts';
import { compileKernel } from '../kernel.ts';
import { TrainerError } from '../trainer-error.ts';

/** Clips in memory: some 130 MB of samples, and as much of features. */
const CLIPS_AT_ONCE = 4096;
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

/** Writes a row of posteriors for each clip of the split, for `train.softLabels.file`; the file is there only whole. @throws {TrainerError} `invalid_dataset`, `data_not_found` */
export async function teach({ models, data, split, out, engine, ...progress }: TeachOptions): Promise<void> {
  const artefacts = await Promise.all(models.map((model) => loadArtefact(model)));
  const labels = artefacts[0]!.manifest.labels;
  const other = artefacts.findIndex(({ manifest }) => manifest.labels.join() !== labels.join());
  if (other > 0) throw new TrainerError('invalid_dataset', `${models[other]} has other labels than ${models[0]}: teachers agree on them`);
  const clips = (await listCorpus(data)).clips.filter((clip) => clip.split === split);
  if (clips.length === 0) throw new TrainerError('data_not_found', `no clips of the ${split} split in ${data}`);
  progress.onStart(clips.length);
  const classifiers = artefacts.map((artefact) => engine.load(artefact));
  const kernel = await compileKernel();
  await mkdir(dirname(out), { recursive: true });
  const part = `${out}.part`;
  const file = createWriteStream(part);
  file.write(`${[CLIP_COLUMN, ...labels].join(',')}\n`);
  for (let first = 0; first < clips.length; first += CLIPS_AT_ONCE) {
    const some = clips.slice(first, first + CLIPS_AT_ONCE);
    const store = await loadSamples(
      some.map(({ path }) => path),
      () => undefined,
    );
    const posteriors = new Float64Array(some.length * labels.length);
    for (const classifier of classifiers) {
      const { features, windowSamples } = classifier.manifest;
      const all = await cachedFeatures(store, [...some.keys()], { features, windowSamples, kernel });
      const stream = classifier.openStream();
      const width = all.length / some.length;
      for (let i = 0; i < some.length; i++) {
        stream.reset();
        stream
          .advance(all.subarray(i * width, (i + 1) * width))
          .forEach((value, label) => (posteriors[i * labels.length + label]! += value / classifiers.length));
      }
      stream.close();
    }
    file.write(rowsOf(some, { posteriors, directory: data }));
    progress.onProgress(first + some.length);
  }
  file.end();
  await finished(file);
  for (const classifier of classifiers) classifier.close();
  await rename(part, out);
}

function rowsOf(clips: readonly Clip[], { posteriors, directory }: { posteriors: Float64Array; directory: string }): string {
  const width = posteriors.length / clips.length;
  return clips
    .map(({ path }, i) => {
      const row = [...posteriors.subarray(i * width, (i + 1) * width)].map((value) => String(Number(value.toFixed(DECIMALS))));
      return `${[clipName(path, directory), ...row].join(',')}\n`;
    })
    .join('');
}

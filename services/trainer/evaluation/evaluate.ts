/** Evaluates an artefact on a split, and writes what it finds beside it. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Engine } from '#shared/model/classifier.ts';

import { listCorpus, type Split } from '../corpus/corpus.ts';
import { loadSamples } from '../corpus/sample-store.ts';
import { startProgress } from '../training/progress.ts';
import { TrainerError } from '../trainer-error.ts';
import { loadArtefact, rewriteManifest } from '../artefact-files.ts';
import {
  answersOf,
  asOfficialTask,
  formatReport,
  isOfficialTestClip,
  OFFICIAL_LABELS,
  reportOf,
  type AccuracyReport,
} from './clip-accuracy.ts';

export interface EvaluateOptions {
  readonly modelDirectory: string;
  readonly dataDirectory: string;
  readonly split: Split;
  readonly engine: Engine;
}

export interface Evaluation {
  readonly split: Split;
  readonly allLabels: AccuracyReport;
  /** The official 12-class test set, where the split is `test` and the set is there. */
  readonly official12?: AccuracyReport;
}

/** Classifies every clip of the split. @throws {TrainerError} `data_not_found` */
export async function evaluate({ modelDirectory, dataDirectory, split, engine }: EvaluateOptions): Promise<Evaluation> {
  const artefact = await loadArtefact(modelDirectory);
  const clips = (await listCorpus(dataDirectory)).clips.filter((clip) => clip.split === split);
  if (clips.length === 0) throw new TrainerError('data_not_found', `no clips of the ${split} split in ${dataDirectory}`);
  const store = await loadSamples(
    clips.map(({ path }) => path),
    () => undefined,
  );
  const classifier = engine.load(artefact);
  const bar = startProgress(`classifying ${split} clips`, clips.length);
  const answers = answersOf(classifier, { clips, store, onProgress: (done) => bar.update(done, {}) });
  bar.stop();
  classifier.close();
  const official = answers.filter(({ clip }) => isOfficialTestClip(clip));
  const allLabels = reportOf(answers, artefact.manifest.labels);
  return official.length > 0 ? { split, allLabels, official12: reportOf(asOfficialTask(official), OFFICIAL_LABELS) } : { split, allLabels };
}

/** The evaluation for people. */
export function formatEvaluation({ split, allLabels, official12 }: Evaluation): string {
  const parts = [formatReport(`all labels, ${split} split`, allLabels)];
  if (official12) parts.push(formatReport('official 12-class test set', official12));
  return parts.join('\n');
}

/** Writes the accuracies into the manifest's `metrics`, and the whole evaluation beside it. */
export async function recordEvaluation(directory: string, evaluation: Evaluation): Promise<void> {
  await rewriteManifest(directory, (manifest) => ({
    ...manifest,
    metrics: {
      ...manifest.metrics,
      [`${evaluation.split}Accuracy`]: evaluation.allLabels.accuracy,
      ...(evaluation.official12 && { official12Accuracy: evaluation.official12.accuracy }),
    },
  }));
  await writeFile(join(directory, `evaluation-${evaluation.split}.json`), `${JSON.stringify(evaluation, undefined, 2)}\n`);
}

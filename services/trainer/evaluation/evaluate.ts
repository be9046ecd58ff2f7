/** Evaluates an artefact on a split: clips one by one, and words in streams. */

import { basename, dirname } from 'node:path';

import type { Artefact } from '#shared/model/artefact.ts';
import type { Engine } from '#shared/model/classifier.ts';

import type { HeldBackSplit } from '../corpus/corpus.ts';
import type { Split } from '../corpus/speaker-split.ts';
import { startProgress } from '../training/progress.ts';
import { loadArtefact } from '../artefact-files.ts';
import {
  answersOf,
  asOfficialTask,
  isOfficialTestClip,
  OFFICIAL_LABELS,
  reportOf,
  type AccuracyReport,
  type Answer,
} from './clip-accuracy.ts';
import { hearStreams } from './hear-streams.ts';
import type { Hearer } from './hearer.ts';
import { reliabilityOf, type Reliability } from './reliability.ts';
import type { Condition } from './scene.ts';
import { splitFeatures } from './split-features.ts';
import { reportStreaming, type StreamingReport } from './streaming-report.ts';
import { transcriptsFor } from '../corpus/transcripts.ts';

export interface EvaluateOptions {
  readonly modelDirectory: string;
  readonly dataDirectory: string;
  readonly split: Split;
  readonly engine: Engine;
}

/** A clip that was taken for something else. */
export interface Mistake {
  /** `<word>/<file>` */
  readonly clip: string;
  readonly truth: string;
  readonly predicted: string;
  readonly probability: number;
}

export interface Evaluation {
  readonly model: { readonly name: string; readonly version: string; readonly digest: string };
  readonly split: Split;
  readonly allLabels: AccuracyReport;
  /** The official 12-class test set, where the split is `test` and the set is there. */
  readonly official12?: AccuracyReport;
  readonly reliability: Reliability;
  /** The mistakes that the model was surest of. */
  readonly mistakes: readonly Mistake[];
  readonly streaming?: StreamingReport;
}

const MISTAKES_SHOWN = 40;

/** Classifies every clip of the split. @throws {TrainerError} `data_not_found` */
export async function evaluate({ modelDirectory, dataDirectory, split, engine }: EvaluateOptions): Promise<Evaluation> {
  const artefact = await loadArtefact(modelDirectory);
  const { labels, name, version, digest } = artefact.manifest;
  const answers = await answersOfSplit(artefact, { dataDirectory, split, engine });
  const official = answers.filter(({ clip }) => isOfficialTestClip(clip));
  return {
    model: { name, version, digest },
    split,
    allLabels: reportOf(answers, labels),
    ...(official.length > 0 && { official12: reportOf(asOfficialTask(official), OFFICIAL_LABELS) }),
    reliability: reliabilityOf(answers),
    mistakes: surestMistakes(answers),
  };
}

export interface StreamingEvaluationOptions {
  readonly modelDirectory: string;
  readonly dataDirectory: string;
  readonly split: HeldBackSplit;
  /** What is said in the speech, see `transcriptsFor`. */
  readonly transcripts: string | undefined;
  readonly conditions: readonly Condition[];
  /** All of the model's where it is not said. */
  readonly keywords?: readonly string[] | undefined;
  readonly clipsPerKeyword: number;
  /** See `hearStreams`. */
  readonly clipsPerOtherWord?: number | undefined;
  readonly seed: number;
  readonly createHearer: (artefact: Artefact) => Promise<Hearer>;
}

/** Lets the model hear the words of the split in continuous speech and noise, and judges it by its own operating points. @throws {TrainerError} `data_not_found` */
export async function evaluateStreaming(options: StreamingEvaluationOptions): Promise<StreamingReport> {
  const artefact = await loadArtefact(options.modelDirectory);
  const transcripts = await transcriptsFor(options.dataDirectory, options.transcripts);
  const hearer = await options.createHearer(artefact);
  try {
    const hearing = await hearStreams({ ...options, artefact, transcripts, hearer });
    return reportStreaming(hearing, { manifest: artefact.manifest, split: options.split });
  } finally {
    await hearer.close();
  }
}

async function answersOfSplit(
  artefact: Artefact,
  { dataDirectory, split, engine }: Omit<EvaluateOptions, 'modelDirectory'>,
): Promise<Answer[]> {
  const { clips, features } = await splitFeatures(artefact.manifest, { dataDirectory, split });
  const classifier = engine.load(artefact);
  const bar = startProgress(`classifying ${split} clips`, clips.length);
  const answers = answersOf(classifier, { clips, features, onProgress: (done) => bar.update(done, {}) });
  bar.stop();
  classifier.close();
  return answers;
}

function surestMistakes(answers: readonly Answer[]): Mistake[] {
  return answers
    .filter(({ truth, predicted }) => truth !== predicted)
    .sort((a, b) => b.probability - a.probability)
    .slice(0, MISTAKES_SHOWN)
    .map(({ clip, truth, predicted, probability }) => {
      return { clip: `${basename(dirname(clip.path))}/${basename(clip.path)}`, truth, predicted, probability };
    });
}

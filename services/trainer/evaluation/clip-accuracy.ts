/** How often a model names the right label of a one-second clip, computed by an inference engine as in production. */

import type { Classifier } from '#shared/model/classifier.ts';
import { SILENCE_LABEL, UNKNOWN_LABEL } from '#shared/model/manifest.ts';

import { labelOf, type Clip } from '../corpus/corpus.ts';

/** One clip's truth and the model's answer. */
export interface Answer {
  readonly clip: Clip;
  readonly truth: string;
  readonly predicted: string;
  readonly probability: number;
}

export interface LabelFigures {
  readonly label: string;
  readonly clips: number;
  readonly precision: number;
  readonly recall: number;
}

export interface AccuracyReport {
  readonly clips: number;
  readonly accuracy: number;
  readonly perLabel: readonly LabelFigures[];
  /** `[truth][predicted]`, in the order of `perLabel` */
  readonly confusion: readonly (readonly number[])[];
}

/** The ten commands of the official 12-class task (Warden, 2018); every other word is `_unknown_` there. */
const OFFICIAL_COMMANDS = ['yes', 'no', 'up', 'down', 'left', 'right', 'on', 'off', 'stop', 'go'] as const;
export const OFFICIAL_LABELS: readonly string[] = [...OFFICIAL_COMMANDS, UNKNOWN_LABEL, SILENCE_LABEL];
const CLIPS_A_REPORT = 64;

/**
 * Classifies each clip as one window.
 *
 * @param features - of the clips as they are, `[clips, frames, coefficients]`, unnormalised
 * @returns the posteriors of one clip after the other, in label order; the array is reused for the next
 */
export function* posteriorsOf(
  classifier: Classifier,
  { clips, features }: { clips: number; features: Float32Array },
): Generator<Float32Array, void, undefined> {
  const width = features.length / clips;
  const stream = classifier.openStream();
  try {
    for (let i = 0; i < clips; i++) {
      stream.reset();
      yield stream.advance(features.subarray(i * width, (i + 1) * width));
    }
  } finally {
    stream.close();
  }
}

/** What a model takes each clip for. @param features - see `posteriorsOf` */
export function answersOf(
  classifier: Classifier,
  { clips, features, onProgress }: { clips: readonly Clip[]; features: Float32Array; onProgress: (done: number) => void },
): Answer[] {
  const { labels, keywords } = classifier.manifest;
  const known = new Set(keywords);
  const answers: Answer[] = [];
  for (const posteriors of posteriorsOf(classifier, { clips: clips.length, features })) {
    const clip = clips[answers.length]!;
    const top = posteriors.indexOf(Math.max(...posteriors));
    answers.push({ clip, truth: labelOf(clip.word, known), predicted: labels[top]!, probability: posteriors[top]! });
    if (answers.length % CLIPS_A_REPORT === 0) onProgress(answers.length);
  }
  return answers;
}

/** Counts answers by truth and prediction. */
export function reportOf(answers: readonly Pick<Answer, 'truth' | 'predicted'>[], labels: readonly string[]): AccuracyReport {
  const confusion = labels.map(() => labels.map(() => 0));
  for (const { truth, predicted } of answers) confusion[labels.indexOf(truth)]![labels.indexOf(predicted)]!++;
  const correct = labels.reduce((sum, _, i) => sum + confusion[i]![i]!, 0);
  const perLabel = labels.map((label, i): LabelFigures => {
    const hits = confusion[i]![i]!;
    const clips = sum(confusion[i]!);
    const predicted = sum(confusion.map((row) => row[i]!));
    return { label, clips, precision: share(hits, predicted), recall: share(hits, clips) };
  });
  return { clips: answers.length, accuracy: share(correct, answers.length), perLabel, confusion };
}

/** The same answers as the official 12-class task sees them, where every word beyond the ten commands is `_unknown_`. */
export function asOfficialTask(answers: readonly Answer[]): Pick<Answer, 'truth' | 'predicted'>[] {
  const known: ReadonlySet<string> = new Set(OFFICIAL_COMMANDS);
  return answers.map(({ clip, predicted }) => ({ truth: labelOf(clip.word, known), predicted: labelOf(predicted, known) }));
}

/** Whether a clip belongs to the official 12-class test set. */
export function isOfficialTestClip({ path }: Clip): boolean {
  return path.includes('test_v2_12');
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** The examples of an epoch: which recording, made how, under which label. */

import { SILENCE_LABEL, UNKNOWN_LABEL } from '#shared/model/manifest.ts';

import type { TrainerConfig } from '../config.ts';
import { randomFor, shuffle } from '../random.ts';
import { TrainerError } from '../trainer-error.ts';

/** A word's clip; a keyword's clip moved so far that only a part is left; a second of other speech; or noise alone. `recording` counts in the store of its kind. */
export type Example =
  | { readonly kind: 'word'; readonly recording: number; readonly label: number }
  | { readonly kind: 'partial'; readonly recording: number; readonly label: number }
  | { readonly kind: 'speech'; readonly recording: number; readonly label: number }
  | { readonly kind: 'silence'; readonly label: number };

/** The labels of a model, in the order of its posteriors. */
export function labelsOf({ keywords }: Pick<TrainerConfig, 'keywords'>): readonly string[] {
  return [...keywords, UNKNOWN_LABEL, SILENCE_LABEL];
}

export interface EpochSource {
  readonly config: Pick<TrainerConfig, 'keywords' | 'examples' | 'seed'>;
  /** The label of each clip in the store of words. */
  readonly clipLabels: readonly string[];
  readonly speechRecordings: number;
}

/**
 * The examples of one epoch, shuffled: each clip of a keyword once, the few clips of other words several times, parts of
 * keywords, other speech and silence as many as configured.
 *
 * @throws {TrainerError} `empty_class`
 */
export function examplesOfEpoch(epoch: number, { config, clipLabels, speechRecordings }: EpochSource): Example[] {
  const labels = labelsOf(config);
  const random = randomFor(config.seed, 2, epoch);
  assertEveryKeyword(config.keywords, clipLabels);
  const words = clipLabels.flatMap((label, recording): Example[] => {
    const example = { kind: 'word', recording, label: labels.indexOf(label) } as const;
    return label === UNKNOWN_LABEL ? Array.from({ length: config.examples.rareWordRepeats }, () => example) : [example];
  });
  const unknown = labels.indexOf(UNKNOWN_LABEL);
  const partial = Array.from({ length: config.examples.partialWords }, (): Example => {
    return { kind: 'partial', recording: random.below(clipLabels.length), label: unknown };
  });
  const speech = Array.from({ length: speechRecordings > 0 ? config.examples.otherSpeech : 0 }, (): Example => {
    return { kind: 'speech', recording: random.below(speechRecordings), label: unknown };
  });
  const silence = Array.from({ length: config.examples.silence }, (): Example => ({
    kind: 'silence',
    label: labels.indexOf(SILENCE_LABEL),
  }));
  return shuffle([...words, ...partial, ...speech, ...silence], random);
}

function assertEveryKeyword(keywords: readonly string[], clipLabels: readonly string[]): void {
  const present = new Set(clipLabels);
  const missing = keywords.filter((keyword) => !present.has(keyword));
  if (missing.length > 0) throw new TrainerError('empty_class', `no training clip for ${missing.join(', ')}`);
}

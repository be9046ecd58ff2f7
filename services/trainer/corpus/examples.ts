/** The examples of an epoch: which recording, made how, under which label. */

import { SILENCE_LABEL, UNKNOWN_LABEL } from '#shared/model/manifest.ts';

import type { TrainerConfig } from '../config.ts';
import { randomFor, shuffle, type Random } from '../random.ts';
import { TrainerError } from '../trainer-error.ts';

/** A word's clip; a keyword's clip moved so far that only a part is left; a second of other speech, or of what was taken for a keyword; or noise alone. `recording` counts in the store of its kind. */
export type Example =
  | { readonly kind: 'word'; readonly recording: number; readonly label: number }
  | { readonly kind: 'partial'; readonly recording: number; readonly label: number }
  | { readonly kind: 'speech'; readonly recording: number; readonly label: number }
  | { readonly kind: 'hardSpeech'; readonly recording: number; readonly label: number }
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
  /** Stretches that were taken for a keyword. */
  readonly hardRecordings?: number;
}

/**
 * The examples of one epoch, shuffled: the clips of keywords and of other words as often as configured, parts of keywords, other speech and
 * silence as many as configured.
 *
 * @throws {TrainerError} `empty_class`
 */
export function examplesOfEpoch(epoch: number, { config, clipLabels, speechRecordings, hardRecordings = 0 }: EpochSource): Example[] {
  const labels = labelsOf(config);
  const random = randomFor(config.seed, 2, epoch);
  assertEveryKeyword(config.keywords, clipLabels);
  const wordOf = (recording: number): Example => ({ kind: 'word', recording, label: labels.indexOf(clipLabels[recording]!) });
  const recordings = [...clipLabels.keys()];
  const ofKeywords = recordings.filter((recording) => clipLabels[recording] !== UNKNOWN_LABEL);
  const ofOthers = recordings.filter((recording) => clipLabels[recording] === UNKNOWN_LABEL);
  const { keywordRepeats = 1, perKeyword, ofKeyword, rareWordRepeats, otherWords } = config.examples;
  const drawnKeywords =
    perKeyword === undefined
      ? repeated(ofKeywords, keywordRepeats)
      : config.keywords.flatMap((keyword, i) =>
          drawnFrom(
            ofKeywords.filter((recording) => clipLabels[recording] === keyword),
            ofKeyword?.[keyword] ?? perKeyword,
            randomFor(config.seed, 8, epoch, i),
          ),
        );
  const drawn = otherWords === undefined ? ofOthers : shuffle([...ofOthers], randomFor(config.seed, 4, epoch)).slice(0, otherWords);
  const words = [...drawnKeywords, ...repeated(drawn, rareWordRepeats)].map(wordOf);
  const unknown = labels.indexOf(UNKNOWN_LABEL);
  const partial = Array.from({ length: config.examples.partialWords }, (): Example => {
    return { kind: 'partial', recording: ofKeywords[random.below(ofKeywords.length)]!, label: unknown };
  });
  const seconds = speechRecordings > 0 ? config.examples.otherSpeech : 0;
  const hardSeconds = hardRecordings > 0 ? Math.round(seconds * (config.examples.hardSpeech ?? 0)) : 0;
  const speech = Array.from({ length: seconds - hardSeconds }, (): Example => {
    return { kind: 'speech', recording: random.below(speechRecordings), label: unknown };
  });
  const drawnHard = drawnFrom([...Array(hardRecordings).keys()], hardSeconds, randomFor(config.seed, 9, epoch));
  const hardSpeech = drawnHard.map((recording): Example => ({ kind: 'hardSpeech', recording, label: unknown }));
  const silence = Array.from({ length: config.examples.silence }, (): Example => ({
    kind: 'silence',
    label: labels.indexOf(SILENCE_LABEL),
  }));
  return shuffle([...words, ...partial, ...speech, ...hardSpeech, ...silence], random);
}

/** As many as wanted, none twice before all have come. */
function drawnFrom(recordings: readonly number[], count: number, random: Random): number[] {
  if (count === 0) return [];
  const rounds = Math.ceil(count / recordings.length);
  return Array.from({ length: rounds }, () => shuffle([...recordings], random))
    .flat()
    .slice(0, count);
}

function repeated<T>(items: readonly T[], times: number): T[] {
  return Array.from({ length: times }, () => items).flat();
}

function assertEveryKeyword(keywords: readonly string[], clipLabels: readonly string[]): void {
  const present = new Set(clipLabels);
  const missing = keywords.filter((keyword) => !present.has(keyword));
  if (missing.length > 0) throw new TrainerError('empty_class', `no training clip for ${missing.join(', ')}`);
}

/** What a new keyword is worth: the figures of its rounds together, and what to beware of. */

import type { AccuracyReport } from '../evaluation/clip-accuracy.ts';
import type { FiguresSummary } from '../evaluation/streaming-report.ts';

/** What one round measured. */
export interface RoundFigures {
  /** In streams. */
  readonly streaming: FiguresSummary;
  readonly clips: AccuracyReport;
}

/** A word that the new one is taken for, or that is taken for the new one. */
export interface Confusion {
  readonly word: string;
  /** Clips of the new keyword that are taken for `word`, as a share. */
  readonly takenForIt: number;
  /** Clips of `word` that are taken for the new keyword, as a share. */
  readonly takenForKeyword: number;
}

export interface AddedKeyword {
  readonly keyword: string;
  readonly recordings: number;
  readonly speakers: number;
  readonly synthetic: number;
  /** Whether there was nothing but synthetic speech, also to measure on. */
  readonly isSyntheticOnly: boolean;
  readonly rounds: number;
  /** Words heard in streams, each under every condition. */
  readonly words: number;
  readonly falseRejectRate: number;
  readonly falseAccepts: number;
  readonly speechHours: number;
  readonly falseAcceptsPerHour: number;
  /** On words of no keyword, said one by one; not in the figures of speech. */
  readonly otherWords: { readonly falseAccepts: number; readonly hours: number; readonly falseAcceptsPerHour: number };
  readonly latencyMedianMs: number | undefined;
  readonly budgetPerHour: number;
  readonly confusions: readonly Confusion[];
  /** The mean share of the clips of the words that were there that are named right: of the model before, and now. */
  readonly oldWords: { readonly before: number; readonly now: number };
}

const FEW_RECORDINGS = 40;
const FEW_SPEAKERS = 5;
/** More words missed than this, and people stop using it. */
const GOOD_FALSE_REJECT_RATE = 0.1;
/** A word that is confused more often than this sounds too alike. */
const CONFUSED_SHARE = 0.03;
const LOST_SHARE = 0.01;

/** Sums up what rounds measured. */
export function pooled(
  rounds: readonly RoundFigures[],
): Pick<
  AddedKeyword,
  'rounds' | 'words' | 'falseRejectRate' | 'falseAccepts' | 'speechHours' | 'falseAcceptsPerHour' | 'otherWords' | 'latencyMedianMs'
> {
  const total = (key: 'words' | 'missed' | 'falseAccepts' | 'speechHours'): number =>
    rounds.reduce((sum, { streaming }) => sum + streaming[key], 0);
  const medians = rounds.flatMap(({ streaming: { latencyMedianMs } }) => latencyMedianMs ?? []).sort((a, b) => a - b);
  return {
    rounds: rounds.length,
    words: total('words'),
    falseRejectRate: total('words') === 0 ? 0 : total('missed') / total('words'),
    falseAccepts: total('falseAccepts'),
    speechHours: total('speechHours'),
    falseAcceptsPerHour: total('speechHours') === 0 ? 0 : total('falseAccepts') / total('speechHours'),
    otherWords: otherWordsOf(rounds),
    latencyMedianMs: medians[Math.floor(medians.length / 2)],
  };
}

function otherWordsOf(rounds: readonly RoundFigures[]): AddedKeyword['otherWords'] {
  const total = (key: 'falseAccepts' | 'hours'): number => rounds.reduce((sum, { streaming }) => sum + streaming.otherWords[key], 0);
  const [falseAccepts, hours] = [total('falseAccepts'), total('hours')];
  return { falseAccepts, hours, falseAcceptsPerHour: hours === 0 ? 0 : falseAccepts / hours };
}

/** With which labels a keyword is confused, most often first. */
export function confusionsOf(keyword: string, rounds: readonly RoundFigures[]): Confusion[] {
  const labels = rounds[0]?.clips.perLabel.map(({ label }) => label) ?? [];
  const share = (truth: string, predicted: string): number => {
    const counts = rounds.map(({ clips: { confusion } }) => confusion[labels.indexOf(truth)]!);
    const clips = counts.flat().reduce((sum, count) => sum + count, 0);
    return clips === 0 ? 0 : counts.reduce((sum, row) => sum + row[labels.indexOf(predicted)]!, 0) / clips;
  };
  return labels
    .filter((word) => word !== keyword)
    .map((word) => ({ word, takenForIt: share(keyword, word), takenForKeyword: share(word, keyword) }))
    .filter(({ takenForIt, takenForKeyword }) => takenForIt + takenForKeyword > 0)
    .sort((a, b) => b.takenForIt + b.takenForKeyword - a.takenForIt - a.takenForKeyword);
}

/** The mean recall of some labels. */
export function meanRecall({ perLabel }: AccuracyReport, labels: readonly string[]): number {
  const recalls = perLabel.filter(({ label, clips }) => labels.includes(label) && clips > 0).map(({ recall }) => recall);
  return recalls.reduce((sum, recall) => sum + recall, 0) / Math.max(1, recalls.length);
}

/** What a person who wants to use the keyword has to know; nothing where all is well. */
export function warningsOf(added: AddedKeyword): string[] {
  const { keyword, recordings, speakers, falseRejectRate, falseAcceptsPerHour, budgetPerHour, speechHours, confusions, oldWords } = added;
  const when = (isSo: boolean, text: string): string[] => (isSo ? [text] : []);
  return [
    ...when(added.isSyntheticOnly, 'NO REAL RECORDING: all figures are of synthetic speech, which says little about people; record some'),
    ...when(
      !added.isSyntheticOnly && recordings < FEW_RECORDINGS,
      `${recordings} recordings are few: expect the figures to be off by much`,
    ),
    ...when(
      speakers < FEW_SPEAKERS,
      `${speakers === 1 ? 'one voice' : `${speakers} voices`} only: it is measured on voices that it has learnt from; others will be missed more often. ` +
        'Name files <speaker>_nohash_<n>.wav and record more people',
    ),
    ...when(
      falseRejectRate > GOOD_FALSE_REJECT_RATE,
      `${percent(falseRejectRate)} of the words are missed: add recordings, of other people and in other rooms, or choose a longer word`,
    ),
    ...when(
      falseAcceptsPerHour > budgetPerHour,
      `${falseAcceptsPerHour.toFixed(2)} false accepts an hour are more than the ${budgetPerHour} that were asked for`,
    ),
    ...when(
      budgetPerHour * speechHours < 1,
      `false accepts were counted on ${speechHours.toFixed(2)} h: a single one would be ${(1 / Math.max(speechHours, 0.01)).toFixed(1)} an hour; more speech in DATA/speech tells more`,
    ),
    ...confusions
      .filter(({ word, takenForIt, takenForKeyword }) => !word.startsWith('_') && takenForIt + takenForKeyword > CONFUSED_SHARE)
      .map(
        ({ word, takenForIt, takenForKeyword }) =>
          `${keyword} sounds like ${word}: ${percent(takenForIt)} of it is taken for ${word}, ${percent(takenForKeyword)} of ${word} for it`,
      ),
    ...when(
      oldWords.before - oldWords.now > LOST_SHARE,
      `the other words have become worse: ${percent(oldWords.now)} of their clips named right, ${percent(oldWords.before)} before`,
    ),
  ];
}

/** For a terminal and for the card. */
export function figuresTable(added: AddedKeyword): string {
  const rows: readonly [string, string][] = [
    ['recordings', `${added.recordings}${added.isSyntheticOnly ? ' (synthetic)' : ''}, ${added.speakers} voices`],
    ...(added.synthetic > 0 ? [['synthetic, learnt from only', String(added.synthetic)] as [string, string]] : []),
    ['missed', `${percent(added.falseRejectRate)} of ${added.words} words in continuous speech and noise, in ${added.rounds} round(s)`],
    [
      'false accepts an hour',
      `${added.falseAcceptsPerHour.toFixed(2)} (${added.falseAccepts} in ${added.speechHours.toFixed(2)} h of speech)`,
    ],
    ...(added.otherWords.hours > 0
      ? [
          [
            'on other words, one by one',
            `${added.otherWords.falseAcceptsPerHour.toFixed(2)} an hour (${added.otherWords.falseAccepts} in ${added.otherWords.hours.toFixed(2)} h)`,
          ] as [string, string],
        ]
      : []),
    ['word end to event, median', `${added.latencyMedianMs?.toFixed(0) ?? '–'} ms`],
    ['clips of the other words named right', `${percent(added.oldWords.now)}, before ${percent(added.oldWords.before)}`],
  ];
  return ['| | |', '| --- | --- |', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

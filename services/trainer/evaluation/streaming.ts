/** How a model does on continuous sound: words that it misses, words that it imagines, and how late it is. Heard once, then judged under any setting. */

import { samplesToMs, type Manifest } from '#shared/model/manifest.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';

import type { Span } from '../corpus/alignment/frame-levels.ts';
import { firingsOn, scoresOf, withoutQuiet, type DetectionSetting, type PosteriorTrack, type ScoreTrack } from './posterior-track.ts';
import type { Condition } from './scene.ts';

export const SAMPLES_PER_HOUR = SAMPLE_RATE_HZ * 3600;
/** A word is heard if its keyword is reported between its begin and this long after its end: one window later it is out of sight. */
const LATEST_EVENT_SAMPLES = SAMPLE_RATE_HZ;

/** Clips of one keyword spliced into a stream, as heard under one condition. */
export interface WordTrack {
  readonly keyword: string;
  readonly condition: Condition;
  readonly track: PosteriorTrack;
  readonly words: readonly Span[];
}

/** Speech without spliced words, as heard under one condition. */
export interface SpeechTrack {
  readonly condition: Condition;
  readonly track: PosteriorTrack;
  /** Whether this keyword is not said, as far as is known. */
  lacks(keyword: string): boolean;
  /** Whether somebody has written down what is said. */
  readonly isTranscribed: boolean;
}

/** Words of no keyword one after the other, as heard under one condition. */
export interface OtherWordsTrack {
  readonly condition: Condition;
  readonly track: PosteriorTrack;
  readonly words: number;
}

/** Everything a model has heard in a streaming evaluation. */
export interface Hearing {
  readonly manifest: Pick<Manifest, 'labels' | 'keywords'>;
  readonly words: readonly WordTrack[];
  readonly speech: readonly SpeechTrack[];
  /** Counted apart from speech: words said one by one are harder than words in a sentence, and nobody talks so for hours. */
  readonly otherWords: readonly OtherWordsTrack[];
}

/** What one keyword does with one setting. */
export interface KeywordFigures {
  readonly words: number;
  readonly missed: number;
  readonly falseRejectRate: number;
  readonly falseAccepts: number;
  readonly speechHours: number;
  readonly falseAcceptsPerHour: number;
  /** The part of this that comes from speech without a transcript: the keyword is in no other transcript, but may be said there all the same. */
  readonly untranscribed: { readonly falseAccepts: number; readonly speechHours: number };
  /** What words of no keyword set off; none of it is in the figures of speech. */
  readonly otherWords: { readonly falseAccepts: number; readonly hours: number; readonly falseAcceptsPerHour: number };
  /** Words reported more than once. */
  readonly repeated: number;
  /** From the end of each word that was heard to its event, ascending. */
  readonly latenciesMs: readonly number[];
}

/** One keyword's scores on everything that counts for it. */
export interface KeywordScores {
  readonly words: readonly { readonly condition: Condition; readonly scores: ScoreTrack; readonly words: readonly Span[] }[];
  readonly speech: readonly {
    readonly condition: Condition;
    readonly scores: ScoreTrack;
    readonly samples: number;
    readonly isTranscribed: boolean;
  }[];
  readonly otherWords: readonly { readonly condition: Condition; readonly scores: ScoreTrack; readonly samples: number }[];
}

/** @param floor - the lowest score that matters: the least `threshold × releaseRatio` that will be asked for */
export function keywordScores(
  { manifest, words, speech, otherWords }: Hearing,
  keyword: string,
  { smoothingWindows, floor }: { smoothingWindows: number; floor: number },
): KeywordScores {
  const label = { labelIndex: manifest.labels.indexOf(keyword), labels: manifest.labels.length, smoothingWindows };
  const scored = (track: PosteriorTrack): ScoreTrack => withoutQuiet(scoresOf(track, label), floor);
  return {
    words: words
      .filter((other) => other.keyword === keyword)
      .map(({ condition, track, words: spans }) => ({ condition, scores: scored(track), words: spans })),
    speech: speech
      .filter((utterance) => utterance.lacks(keyword))
      .map(({ condition, track, isTranscribed }) => ({ condition, scores: scored(track), samples: track.samples, isTranscribed })),
    otherWords: otherWords.map(({ condition, track }) => ({ condition, scores: scored(track), samples: track.samples })),
  };
}

/** The part of the scores that was heard under one condition. */
export function underCondition({ words, speech, otherWords }: KeywordScores, { name }: Condition): KeywordScores {
  return {
    words: words.filter(({ condition }) => condition.name === name),
    speech: speech.filter(({ condition }) => condition.name === name),
    otherWords: otherWords.filter(({ condition }) => condition.name === name),
  };
}

/** Counts what the detector reports with one setting. */
export function figuresAt(setting: DetectionSetting, { words, speech, otherWords }: KeywordScores): KeywordFigures {
  const heard = words.flatMap(({ scores, words: spans }) => answersTo(spans, firingsOn(scores, setting)));
  const latenciesMs = heard.flatMap(({ latencyMs }) => (latencyMs === undefined ? [] : [latencyMs])).sort((a, b) => a - b);
  const inSpeech = falseAcceptsOf(setting, speech);
  const untranscribed = falseAcceptsOf(
    setting,
    speech.filter(({ isTranscribed }) => !isTranscribed),
  );
  const missed = heard.length - latenciesMs.length;
  return {
    words: heard.length,
    missed,
    falseRejectRate: heard.length === 0 ? 0 : missed / heard.length,
    falseAccepts: inSpeech.falseAccepts,
    speechHours: inSpeech.hours,
    falseAcceptsPerHour: inSpeech.falseAcceptsPerHour,
    untranscribed: { falseAccepts: untranscribed.falseAccepts, speechHours: untranscribed.hours },
    otherWords: falseAcceptsOf(setting, otherWords),
    repeated: heard.filter(({ events }) => events > 1).length,
    latenciesMs,
  };
}

function falseAcceptsOf(setting: DetectionSetting, streams: KeywordScores['otherWords']): KeywordFigures['otherWords'] {
  const falseAccepts = streams.reduce((sum, { scores }) => sum + firingsOn(scores, setting).length, 0);
  const hours = streams.reduce((sum, { samples }) => sum + samples, 0) / SAMPLES_PER_HOUR;
  return { falseAccepts, hours, falseAcceptsPerHour: hours === 0 ? 0 : falseAccepts / hours };
}

/** The value that a share of the values does not exceed; `undefined` where there is none. */
export function quantile(ascending: readonly number[], share: number): number | undefined {
  return ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))];
}

interface Answer {
  readonly latencyMs: number | undefined;
  readonly events: number;
}

/** Both lists ascend, so that one walk through them is enough. */
function answersTo(words: readonly Span[], firings: readonly number[]): Answer[] {
  let next = 0;
  return words.map(({ startSample, endSample }) => {
    while (firings[next] !== undefined && firings[next]! <= startSample) next++;
    const first = next;
    while (firings[next] !== undefined && firings[next]! <= endSample + LATEST_EVENT_SAMPLES) next++;
    return { latencyMs: next > first ? samplesToMs(firings[first]! - endSample) : undefined, events: next - first };
  });
}

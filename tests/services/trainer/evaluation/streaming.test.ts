/** Counting words missed, words imagined, and how late events are. */

import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';

import type { DetectionSetting } from '../../../../services/trainer/evaluation/posterior-track.ts';
import type { Condition } from '../../../../services/trainer/evaluation/scene.ts';
import {
  figuresAt,
  keywordScores,
  quantile,
  underCondition,
  type Hearing,
  type KeywordScores,
} from '../../../../services/trainer/evaluation/streaming.ts';

const CLEAN = { name: 'clean', snrDb: undefined };
const NOISY = { name: '5 dB', snrDb: 5 };
const SETTING: DetectionSetting = { threshold: 0.5, patience: 1, refractoryMs: 0, releaseRatio: 1 };
const STRIDE = 1280;
const HOUR = 16_000 * 3600;

describe('words', () => {
  const heardAt = (...windows: number[]) => figuresAt(SETTING, scoresWith({ word: [20_000, 30_000], firesIn: windows }));

  test('one is heard when its event comes between its begin and a second after its end', () => {
    expect(heardAt(20).falseRejectRate).toBe(0);
    expect(heardAt(15).falseRejectRate).toBe(1);
    expect(heardAt(36).falseRejectRate).toBe(1);
    expect(heardAt().falseRejectRate).toBe(1);
  });

  test('latency counts from the end of the word to the event', () => {
    expect(heardAt(30, 31).latenciesMs).toEqual([(30 * STRIDE - 30_000) / 16]);
    expect(heardAt(20).latenciesMs).toEqual([(20 * STRIDE - 30_000) / 16]);
  });

  test('a word that is reported twice is heard once', () => {
    expect(heardAt(20, 25)).toMatchObject({ words: 1, missed: 0, repeated: 1 });
  });
});

describe('false accepts', () => {
  test('on other words are counted by the hour of them, apart from speech', () => {
    const hearing = hearingOf({ lacks: () => false, otherWordsUnder: [CLEAN, NOISY] });

    const scores = keywordScores(hearing, 'yes', { smoothingWindows: 1, floor: 0.1 });

    expect(figuresAt(SETTING, scores)).toMatchObject({
      falseAccepts: 0,
      speechHours: 0,
      otherWords: { falseAccepts: 4, hours: 1, falseAcceptsPerHour: 4 },
    });
    expect(figuresAt(SETTING, underCondition(scores, NOISY)).otherWords).toMatchObject({ falseAccepts: 2, hours: 0.5 });
  });

  test('are counted by the hour of speech in which the keyword is not said', () => {
    const hearing = hearingOf({ lacks: (keyword) => keyword === 'yes' });

    const [yes, no] = ['yes', 'no'].map((keyword) =>
      figuresAt(SETTING, keywordScores(hearing, keyword, { smoothingWindows: 1, floor: 0.1 })),
    );

    expect(yes).toMatchObject({ falseAccepts: 2, speechHours: 0.5, falseAcceptsPerHour: 4 });
    expect(no).toMatchObject({ falseAccepts: 0, speechHours: 0, falseAcceptsPerHour: 0 });
  });

  test('on speech without a transcript are told apart, too', () => {
    const figures = ([true, false] as const).map((isTranscribed) =>
      figuresAt(SETTING, keywordScores(hearingOf({ lacks: () => true, isTranscribed }), 'yes', { smoothingWindows: 1, floor: 0.1 })),
    );

    expect(figures[0]).toMatchObject({ falseAccepts: 2, untranscribed: { falseAccepts: 0, speechHours: 0 } });
    expect(figures[1]).toMatchObject({ falseAccepts: 2, untranscribed: { falseAccepts: 2, speechHours: 0.5 } });
  });

  test('can be told apart by condition', () => {
    const scores = keywordScores(hearingOf({ lacks: () => true }), 'yes', { smoothingWindows: 1, floor: 0.1 });

    expect(figuresAt(SETTING, underCondition(scores, CLEAN)).falseAccepts).toBe(2);
    expect(figuresAt(SETTING, underCondition(scores, NOISY)).speechHours).toBe(0);
  });
});

property.prop([fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 80 }), fc.double({ min: 0.1, max: 0.9, noNaN: true })])(
  'a higher threshold never makes more windows count as speech of the keyword',
  (values, threshold) => {
    const scores = { endSamples: values.map((_, i) => (i + 1) * STRIDE), scores: values };
    const above = (at: number): number => figuresAt({ ...SETTING, threshold: at, releaseRatio: 1 }, speechOnly(scores)).falseAccepts;

    expect(above(1.1)).toBe(0);
    expect(above(threshold)).toBeLessThanOrEqual(values.filter((value) => value >= threshold).length);
  },
);

test('quantiles of nothing are unknown', () => {
  expect(quantile([], 0.5)).toBeUndefined();
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(3);
  expect(quantile([1, 2, 3, 4], 1)).toBe(4);
});

function scoresWith({ word: [startSample, endSample], firesIn }: { word: [number, number]; firesIn: number[] }): KeywordScores {
  const windows = Array.from({ length: 60 }, (_, i) => i + 1);
  const scores = { endSamples: windows.map((i) => i * STRIDE), scores: windows.map((i) => (firesIn.includes(i) ? 0.9 : 0)) };
  return { words: [{ condition: CLEAN, scores, words: [{ startSample, endSample }] }], speech: [], otherWords: [] };
}

function speechOnly(scores: { endSamples: number[]; scores: number[] }): KeywordScores {
  return { words: [], speech: [{ condition: CLEAN, scores, samples: HOUR, isTranscribed: true }], otherWords: [] };
}

interface Negatives {
  readonly lacks: (keyword: string) => boolean;
  readonly isTranscribed?: boolean;
  readonly otherWordsUnder?: readonly Condition[];
}

function hearingOf({ lacks, isTranscribed = true, otherWordsUnder = [] }: Negatives): Hearing {
  const posteriors = Float32Array.of(0, 1, 0.9, 0.1, 0, 1, 0.9, 0.1, 0, 1);
  const endSamples = Float64Array.from({ length: 5 }, (_, i) => (i + 1) * STRIDE);
  const track = { samples: HOUR / 2, endSamples, posteriors };
  const speech = [{ condition: CLEAN, track, lacks, isTranscribed }];
  const otherWords = otherWordsUnder.map((condition) => ({ condition, track, words: 10 }));
  return { manifest: { labels: ['yes', 'no'], keywords: ['yes', 'no'] }, words: [], speech, otherWords };
}

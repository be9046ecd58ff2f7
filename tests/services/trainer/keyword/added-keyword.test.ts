/** What a new keyword is said to be worth. */

import { expect, test } from 'vitest';

import {
  confusionsOf,
  pooled,
  warningsOf,
  type AddedKeyword,
  type RoundFigures,
} from '../../../../services/trainer/keyword/added-keyword.ts';

const GOOD: AddedKeyword = {
  keyword: 'hello',
  recordings: 80,
  speakers: 12,
  synthetic: 0,
  isSyntheticOnly: false,
  rounds: 1,
  words: 48,
  falseRejectRate: 0.02,
  falseAccepts: 0,
  speechHours: 1.2,
  falseAcceptsPerHour: 0,
  otherWords: { falseAccepts: 0, hours: 0.3, falseAcceptsPerHour: 0 },
  latencyMedianMs: 100,
  budgetPerHour: 1,
  confusions: [{ word: '_unknown_', takenForIt: 0.1, takenForKeyword: 0 }],
  oldWords: { before: 0.93, now: 0.93 },
};

test('says nothing against a keyword that is good enough', () => {
  expect(warningsOf(GOOD)).toEqual([]);
});

test.each<[string, Partial<AddedKeyword>]>([
  ['20 recordings are few', { recordings: 20 }],
  ['one voice only', { speakers: 1 }],
  ['12.0 % of the words are missed', { falseRejectRate: 0.12 }],
  ['3.00 false accepts an hour are more than the 1', { falseAcceptsPerHour: 3 }],
  ['a single one would be 2.5 an hour', { speechHours: 0.4 }],
  [
    'hello sounds like yellow: 4.0 % of it is taken for yellow, 0.0 % of yellow for it',
    { confusions: [{ word: 'yellow', takenForIt: 0.04, takenForKeyword: 0 }] },
  ],
  ['the other words have become worse: 91.0 % of their clips named right, 93.0 % before', { oldWords: { before: 0.93, now: 0.91 } }],
  ['NO REAL RECORDING', { isSyntheticOnly: true }],
])('warns: %s', (text, change) => {
  const warnings = warningsOf({ ...GOOD, ...change });

  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain(text);
});

test('sums up rounds: every word and every hour counts alike', () => {
  const rounds = [
    roundOf({ words: 10, missed: 5, falseAccepts: 1, speechHours: 1, otherWords: { falseAccepts: 3, hours: 0.5, falseAcceptsPerHour: 6 } }),
    roundOf({ words: 30, missed: 1, falseAccepts: 0, speechHours: 3, otherWords: { falseAccepts: 0, hours: 1.5, falseAcceptsPerHour: 0 } }),
  ];

  expect(pooled(rounds)).toMatchObject({ rounds: 2, words: 40, falseRejectRate: 0.15, falseAcceptsPerHour: 0.25 });
  expect(pooled(rounds).otherWords).toEqual({ falseAccepts: 3, hours: 2, falseAcceptsPerHour: 1.5 });
});

test('names what it is confused with, in both directions', () => {
  const confusion = [
    [18, 2, 0],
    [1, 9, 0],
    [0, 0, 10],
  ];

  expect(
    confusionsOf('hello', [
      { ...roundOf({}), clips: { clips: 40, accuracy: 0, perLabel: labelled('hello', 'yellow', 'stop'), confusion } },
    ]),
  ).toEqual([{ word: 'yellow', takenForIt: 0.1, takenForKeyword: 0.1 }]);
});

function labelled(...labels: string[]) {
  return labels.map((label) => ({ label, clips: 10, precision: 1, recall: 1 }));
}

function roundOf(figures: Partial<RoundFigures['streaming']>): RoundFigures {
  return {
    streaming: {
      words: 0,
      missed: 0,
      falseRejectRate: 0,
      falseAccepts: 0,
      speechHours: 0,
      falseAcceptsPerHour: 0,
      untranscribed: { falseAccepts: 0, speechHours: 0 },
      otherWords: { falseAccepts: 0, hours: 0, falseAcceptsPerHour: 0 },
      repeated: 0,
      latencyMedianMs: 100,
      latencyP95Ms: 200,
      ...figures,
    },
    clips: { clips: 0, accuracy: 0, perLabel: [], confusion: [] },
  };
}

/** Counting right and wrong answers. */

import { expect, test } from 'vitest';

import { asOfficialTask, OFFICIAL_LABELS, reportOf } from '../../../../services/trainer/evaluation/clip-accuracy.ts';

const LABELS = ['yes', 'no', '_unknown_'];

test('counts accuracy, precision and recall', () => {
  const answers = [
    { truth: 'yes', predicted: 'yes' },
    { truth: 'yes', predicted: 'no' },
    { truth: 'no', predicted: 'no' },
    { truth: '_unknown_', predicted: '_unknown_' },
  ];

  const report = reportOf(answers, LABELS);

  expect(report.accuracy).toBe(0.75);
  expect(report.perLabel[0]).toEqual({ label: 'yes', clips: 2, precision: 1, recall: 0.5 });
  expect(report.perLabel[1]).toEqual({ label: 'no', clips: 1, precision: 0.5, recall: 1 });
  expect(report.confusion[0]).toEqual([1, 1, 0]);
});

test('takes a keyword beyond the ten commands for unknown in the official task', () => {
  const clip = (word: string) => ({ path: '', word, split: 'test' as const });
  const answers = [
    { clip: clip('bed'), truth: 'bed', predicted: 'bed', probability: 1 },
    { clip: clip('bed'), truth: 'bed', predicted: 'bird', probability: 1 },
    { clip: clip('yes'), truth: 'yes', predicted: 'zero', probability: 1 },
  ];

  const report = reportOf(asOfficialTask(answers), OFFICIAL_LABELS);

  expect(report.accuracy).toBeCloseTo(2 / 3);
});

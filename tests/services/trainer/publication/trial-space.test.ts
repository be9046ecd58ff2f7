/** A space gives the trials it says, the same ones for the same seed. */

import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';

import { trialsOf, type TrialSpace } from '../../../../services/trainer/publication/sweep/trial-space.ts';

const space = (): fc.Arbitrary<TrialSpace> =>
  fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 4 }), {
    minKeys: 1,
    maxKeys: 4,
  });

test.prop([space()])('tries every combination of listed values once', (values) => {
  const trials = trialsOf(values, { seed: 1 });

  expect(new Set(trials.map((overrides) => overrides.join(' '))).size).toBe(trials.length);
  expect(trials).toHaveLength(Object.values(values).reduce((product, list) => product * (list as unknown[]).length, 1));
});

test.prop([fc.integer(), fc.double({ min: 1e-5, max: 1, noNaN: true }), fc.double({ min: 1, max: 100, noNaN: true })])(
  'draws within a range, and the same trials for the same seed',
  (seed, from, factor) => {
    const range = { 'train.learningRate': { from, to: from * factor, scale: 'log', isWhole: false } } as const;
    const trials = trialsOf(range, { count: 20, seed });

    expect(trialsOf(range, { count: 20, seed })).toEqual(trials);
    for (const [override = ''] of trials) {
      const value = Number(override.split('=')[1]);
      expect(value).toBeGreaterThanOrEqual(from * 0.999); // four digits are written
      expect(value).toBeLessThanOrEqual(from * factor * 1.001);
    }
  },
);

test.each([
  ['a range without a number of trials', { a: { from: 0, to: 1, scale: 'linear', isWhole: false } } as const, undefined],
  ['more trials than anybody waits for', { a: [1] }, 1001],
])('refuses %s', (_, values, count) => {
  expect(() => trialsOf(values, { count, seed: 1 })).toThrow(expect.objectContaining({ code: 'invalid_config' }));
});

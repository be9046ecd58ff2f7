/** Dealing the recordings of a new keyword. */

import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';

import { MAX_ROUNDS, roundsOf } from '../../../../services/trainer/keyword/rounds.ts';
import { clipName, speakerOf } from '../../../../services/trainer/corpus/speaker-split.ts';

const takes = fc
  .array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 20 })
  .map((counts) => counts.flatMap((count, speaker) => Array.from({ length: count }, (_, take) => clipName(`voice${speaker}`, take))));

property.prop([takes, fc.integer({ min: 1, max: 100 })])(
  'five rounds measure on every recording once and choose on every one once',
  (files, seed) => {
    const { rounds } = roundsOf(files, { rounds: MAX_ROUNDS, seed });

    for (const file of files) {
      const splits = rounds.map((round) => round.get(file));
      expect(splits.filter((split) => split === 'test')).toHaveLength(1);
      expect(splits.filter((split) => split === 'validation')).toHaveLength(1);
    }
  },
);

property.prop([takes, fc.integer({ min: 1, max: 100 })])('with five speakers or more, no speaker is on two sides', (files, seed) => {
  const { rounds, speakers } = roundsOf(files, { rounds: 1, seed });
  fc.pre(speakers >= 5);

  const sides = new Map<string, Set<string | undefined>>();
  for (const file of files) sides.set(speakerOf(file), (sides.get(speakerOf(file)) ?? new Set()).add(rounds[0]!.get(file)));
  for (const side of sides.values()) expect(side.size).toBe(1);
});

test('a single voice is dealt take by take, so that there is something to measure on', () => {
  const files = Array.from({ length: 20 }, (_, take) => clipName('me', take));

  const { rounds, speakers } = roundsOf(files, { rounds: 1, seed: 1 });

  const counted = (split: string): number => [...rounds[0]!.values()].filter((other) => other === split).length;
  expect(speakers).toBe(1);
  expect([counted('training'), counted('validation'), counted('test')]).toEqual([12, 4, 4]);
});

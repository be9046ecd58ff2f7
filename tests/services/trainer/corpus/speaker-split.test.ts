/** The rule of Speech Commands: who is in which split. */

import { fc, test as propertyTest } from '@fast-check/vitest';
import { expect, test } from 'vitest';

import { clipName, DEFAULT_SHARES, speakerOf, splitOfSpeaker } from '../../../../services/trainer/corpus/speaker-split.ts';

test.each([
  { file: 'backward/067f61e2_nohash_0.wav', split: 'validation' },
  { file: 'backward/03401e93_nohash_0.wav', split: 'test' },
  { file: 'yes/0132a06d_nohash_0.wav', split: 'training' },
])('$file is $split, as in the lists that come with Speech Commands', ({ file, split }) => {
  expect(splitOfSpeaker(speakerOf(file), DEFAULT_SHARES)).toBe(split);
});

test('the speaker is what stands before the mark; a file without one is a speaker of its own', () => {
  expect(speakerOf('yes/004ae714_nohash_3.wav')).toBe('004ae714');
  expect(speakerOf(`down/${clipName('anna', 12)}`)).toBe('anna');
  expect(speakerOf('down/17.wav')).toBe('17.wav');
});

propertyTest.prop([fc.string(), fc.integer({ min: 0, max: 49 }), fc.integer({ min: 0, max: 50 })])(
  'a larger share of validation takes nobody out of it',
  (speaker, validationPercent, more) => {
    const before = splitOfSpeaker(speaker, { validationPercent, testPercent: 10 });
    const after = splitOfSpeaker(speaker, { validationPercent: validationPercent + more, testPercent: 10 });

    if (before === 'validation') expect(after).toBe('validation');
  },
);

test('of many speakers each split gets about its share', () => {
  const splits = Array.from({ length: 5000 }, (_, i) => splitOfSpeaker(`speaker ${i}`, { validationPercent: 15, testPercent: 20 }));

  expect(splits.filter((split) => split === 'validation').length / 5000).toBeCloseTo(0.15, 1);
  expect(splits.filter((split) => split === 'test').length / 5000).toBeCloseTo(0.2, 1);
});

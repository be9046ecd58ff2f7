/** What an epoch is made of. */

import { expect, test } from 'vitest';

import { examplesOfEpoch, type EpochSource } from '../../../../services/trainer/corpus/examples.ts';

const SOURCE: EpochSource = {
  config: { keywords: ['yes', 'no'], seed: 7, examples: { rareWordRepeats: 3, partialWords: 4, otherSpeech: 5, silence: 2 } },
  clipLabels: ['yes', 'no', '_unknown_', 'yes'],
  speechRecordings: 4,
};

test('holds each clip of a keyword once, and other words as often as configured', () => {
  const examples = examplesOfEpoch(0, SOURCE);

  const recordings = examples.filter(({ kind }) => kind === 'word').map((example) => ('recording' in example ? example.recording : -1));
  expect(recordings.sort()).toEqual([0, 1, 2, 2, 2, 3]);
  expect(examples.filter(({ kind }) => kind === 'partial')).toHaveLength(4);
  expect(examples.filter(({ kind }) => kind === 'speech')).toHaveLength(5);
  expect(examples.filter(({ kind }) => kind === 'silence')).toHaveLength(2);
});

test('labels other speech and parts of words as unknown and noise as silence', () => {
  const labels = new Map(examplesOfEpoch(0, SOURCE).map(({ kind, label }) => [kind, label]));

  expect(labels.get('speech')).toBe(2);
  expect(labels.get('partial')).toBe(2);
  expect(labels.get('silence')).toBe(3);
});

test('comes in the same order for the same seed, and in another in the next epoch', () => {
  expect(examplesOfEpoch(1, SOURCE)).toEqual(examplesOfEpoch(1, SOURCE));
  expect(examplesOfEpoch(1, SOURCE)).not.toEqual(examplesOfEpoch(2, SOURCE));
});

test('names the keywords that have no clip', () => {
  const source = { ...SOURCE, clipLabels: ['yes', 'yes', '_unknown_'] };

  expect(() => examplesOfEpoch(0, source)).toThrow(expect.objectContaining({ code: 'empty_class', message: 'no training clip for no' }));
});

test('repeats the clips of keywords and draws some of the other words, others in each epoch, as configured', () => {
  const others = new Array<string>(40).fill('_unknown_');
  const config = { ...SOURCE.config, examples: { ...SOURCE.config.examples, keywordRepeats: 5, rareWordRepeats: 1, otherWords: 10 } };
  const source = { ...SOURCE, config, clipLabels: ['yes', 'no', ...others] };
  const recordingsIn = (epoch: number): number[] =>
    examplesOfEpoch(epoch, source)
      .flatMap((example) => (example.kind === 'word' ? [example.recording] : []))
      .sort((a, b) => a - b);

  const [first, second] = [recordingsIn(0), recordingsIn(1)];

  expect(first.slice(0, 10)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
  expect(new Set(first.slice(10)).size).toBe(10);
  expect(second).toHaveLength(20);
  expect(second).not.toEqual(first);
});

test('makes parts of words of keywords alone', () => {
  const partials = examplesOfEpoch(0, SOURCE).flatMap((example) => (example.kind === 'partial' ? [example.recording] : []));

  expect(partials.filter((recording) => SOURCE.clipLabels[recording] === '_unknown_')).toEqual([]);
});

test('draws as many clips of each keyword as configured for all and for some, none twice before all have come', () => {
  const config = { ...SOURCE.config, examples: { ...SOURCE.config.examples, perKeyword: 5, ofKeyword: { no: 8 } } };
  const recordings = examplesOfEpoch(0, { ...SOURCE, config }).flatMap((example) =>
    example.kind === 'word' && example.recording !== 2 ? [example.recording] : [],
  );

  const times = (recording: number): number => recordings.filter((other) => other === recording).length;
  expect(times(1)).toBe(8); // the only "no"
  expect([times(0), times(3)].sort()).toEqual([2, 3]); // the two of "yes"
});

test('draws the configured share of other speech from what was taken for keywords, none twice before all have come', () => {
  const config = { ...SOURCE.config, examples: { ...SOURCE.config.examples, otherSpeech: 10, hardSpeech: 0.6 } };
  const examples = examplesOfEpoch(0, { ...SOURCE, config, hardRecordings: 3 });

  const hard = examples.flatMap((example) => (example.kind === 'hardSpeech' ? [example.recording] : []));
  expect(hard.sort()).toEqual([0, 0, 1, 1, 2, 2]);
  expect(examples.filter(({ kind }) => kind === 'speech')).toHaveLength(4);
  expect(new Set(examples.filter(({ kind }) => kind === 'hardSpeech').map(({ label }) => label))).toEqual(new Set([2]));
});

test('draws all of other speech from anywhere where nothing was taken for a keyword', () => {
  const config = { ...SOURCE.config, examples: { ...SOURCE.config.examples, otherSpeech: 10, hardSpeech: 0.6 } };

  expect(examplesOfEpoch(0, { ...SOURCE, config, hardRecordings: 0 }).filter(({ kind }) => kind === 'speech')).toHaveLength(10);
});

/** What cannot be trained is named before hours are spent. */

import { expect, test } from 'vitest';

import { assertTrainable } from '../../../../services/trainer/corpus/assert-trainable.ts';
import { batchesPerEpoch, type BatchSource } from '../../../../services/trainer/corpus/batch-maker.ts';
import type { Clip } from '../../../../services/trainer/corpus/corpus.ts';
import { storeOf } from '../../../../services/trainer/corpus/sample-store.ts';
import { composeConfig } from '../../../../services/trainer/configuration/compose.ts';

const CLIPS = [clip('yes', 'training'), clip('no', 'training'), clip('no', 'validation'), clip('stop', 'test')];

test.each<[string, readonly string[], readonly Clip[]]>([
  ['no training clip for yess (there is yes)', ['yess', 'no'], CLIPS],
  ['no training clip for stop', ['yes', 'stop'], CLIPS],
  ['no clip is for validation', ['yes', 'no'], CLIPS.filter(({ split }) => split !== 'validation')],
])('says: %s', (message, keywords, clips) => {
  expect(() => {
    assertTrainable(clips, keywords);
  }).toThrow(expect.objectContaining({ code: 'empty_class', message: expect.stringContaining(message) as unknown }) as Error);
});

test('a keyword without clips for validation is no obstacle, nor is anything else', () => {
  expect(() => {
    assertTrainable(CLIPS, ['yes', 'no']);
  }).not.toThrow();
});

test('fewer examples than a batch are refused, instead of an epoch without a step', async () => {
  const { config } = await composeConfig();
  const examples = { rareWordRepeats: 1, partialWords: 0, otherSpeech: 0, silence: 5 };
  const sourceOf = (batchSize: number): BatchSource => ({
    config: { ...config, keywords: ['yes'], examples, training: { ...config.training, batchSize } },
    words: storeOf([]),
    clipLabels: ['yes', 'yes', '_unknown_'],
    speech: storeOf([]),
    noise: storeOf([]),
    normalisation: { mean: [], deviation: [] },
  });

  expect(batchesPerEpoch(sourceOf(8))).toBe(1);
  expect(() => batchesPerEpoch(sourceOf(9))).toThrow(
    expect.objectContaining({ code: 'invalid_config', message: 'an epoch has 8 examples, fewer than the 9 of train.batchSize' }) as Error,
  );
});

function clip(word: string, split: Clip['split']): Clip {
  return { path: `speech_commands/${word}/a_nohash_0.wav`, word, split };
}

/** The training of a new keyword on a model that is there. */

import { expect, test } from 'vitest';

import type { Manifest } from '#shared/model/manifest.ts';

import { loadArtefact } from '../../../../services/trainer/artefact-files.ts';
import { TrainerConfigSchema } from '../../../../services/trainer/config.ts';
import { correctionConfig, keywordConfig } from '../../../../services/trainer/keyword/keyword-config.ts';

const REQUEST = { keyword: 'hello', name: 'mine', epochs: 3, examples: 10_000, seed: 1 };

test('keeps the network and the features of the model, and its words before the new one', async () => {
  const base = await shipped();

  const config = keywordConfig(base, REQUEST);

  expect(TrainerConfigSchema.parse(config)).toEqual(config);
  expect(config.keywords).toEqual([...base.keywords, 'hello']);
  expect(config.features).toEqual(base.features);
});

test('hears the new word more often than any other, and the whole as often as was asked for', async () => {
  for (const words of [1, 2, 23]) {
    const base = await shipped();
    const { examples } = keywordConfig({ ...base, keywords: base.keywords.slice(0, words) }, REQUEST);

    const { perKeyword = 0, otherWords = 0, partialWords, otherSpeech, silence, ofKeyword } = examples;
    expect(ofKeyword!['hello']).toBeGreaterThanOrEqual(perKeyword);
    expect(words * perKeyword + ofKeyword!['hello']! + otherWords + partialWords + otherSpeech + silence).toBeLessThanOrEqual(10_020);
  }
});

test('then hears what it took for keywords, for half as long and more slowly, as often as before', async () => {
  const learnt = keywordConfig(await shipped(), REQUEST);

  const config = correctionConfig(learnt);

  expect(TrainerConfigSchema.parse(config)).toEqual(config);
  expect(config.examples).toEqual({ ...learnt.examples, hardSpeech: expect.any(Number) as number });
  expect(config.training).toMatchObject({ epochs: 2, learningRate: learnt.training.learningRate / 2, keep: 'last' });
});

test('a model that does not say how it was made is refused', async () => {
  const base = await shipped();

  expect(() => keywordConfig({ ...base, training: { ...base.training, config: {} } }, REQUEST)).toThrow(
    expect.objectContaining({ code: 'invalid_config' }) as Error,
  );
});

async function shipped(): Promise<Manifest> {
  return (await loadArtefact('models/default')).manifest;
}

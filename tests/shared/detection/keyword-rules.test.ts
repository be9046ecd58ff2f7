/** From operating points and knobs to rules. */

import { expect, test } from 'vitest';

import { keywordRules, type Knobs } from '#shared/detection/keyword-rules.ts';

import { tinyArtefact } from '../../helpers/tiny-model.ts';

const { manifest } = await tinyArtefact({
  detection: { smoothingWindows: 3, releaseRatio: 0.5 },
  operatingPoints: {
    yes: { threshold: 0.8, patience: 2, refractoryMs: 500 },
    no: { threshold: 0.6, patience: 3, refractoryMs: 1000 },
  },
});

test("takes each keyword's operating point from the manifest", () => {
  expect(keywordRules(manifest)).toEqual([
    { keyword: 'yes', labelIndex: 0, threshold: 0.8, release: 0.4, patience: 2, refractorySamples: 8000 },
    { keyword: 'no', labelIndex: 1, threshold: 0.6, release: 0.3, patience: 3, refractorySamples: 16_000 },
  ]);
});

test('lets one threshold stand for all keywords', () => {
  expect(keywordRules(manifest, { threshold: 0.5 })).toMatchObject([
    { threshold: 0.5, release: 0.25 },
    { threshold: 0.5, release: 0.25 },
  ]);
});

test('lets a threshold a keyword change that keyword alone', () => {
  expect(keywordRules(manifest, { threshold: { no: 0.9 } })).toMatchObject([{ threshold: 0.8 }, { threshold: 0.9 }]);
});

test('lets patience and refractory be chosen', () => {
  expect(keywordRules(manifest, { patience: 1, refractoryMs: 0 })).toMatchObject([
    { patience: 1, refractorySamples: 0 },
    { patience: 1, refractorySamples: 0 },
  ]);
});

test('keeps to the keywords asked for, in the order of the model', () => {
  expect(keywordRules(manifest, { keywords: ['no', 'yes', 'no'] }).map(({ keyword }) => keyword)).toEqual(['yes', 'no']);
  expect(keywordRules(manifest, { keywords: ['no'] }).map(({ keyword }) => keyword)).toEqual(['no']);
});

test.for<Knobs>([
  { keywords: ['yes', 'maybe'] },
  { threshold: { maybe: 0.5 } },
  { keywords: ['_silence_'] },
  { threshold: { toString: 0.5 } },
])('refuses a keyword that the model does not have: %o', (knobs) => {
  expect(() => keywordRules(manifest, knobs)).toThrow(expect.objectContaining({ code: 'unknown_keyword' }));
});

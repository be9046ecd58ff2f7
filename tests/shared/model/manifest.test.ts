import { describe, expect, test } from 'vitest';

import { DEFAULT_FEATURES } from '#shared/features/feature-config.ts';
import { parseManifest, samplesToMs, strideFrames, weightCount, windowFrames, type Manifest } from '#shared/model/manifest.ts';
import { ModelError } from '#shared/model/model-error.ts';

import { tinyArtefact } from '../../helpers/tiny-model.ts';

const { manifest, weights } = await tinyArtefact();
const operatingPoint = manifest.operatingPoints['yes']!;

function refusalOf(change: Partial<Record<keyof Manifest, unknown>>): { code: string; message: string } {
  try {
    parseManifest({ ...manifest, ...change });
  } catch (error) {
    if (error instanceof ModelError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('the manifest was accepted');
}

describe('a manifest', () => {
  test('is read as it is', () => {
    expect(parseManifest(JSON.parse(JSON.stringify(manifest)))).toEqual(manifest);
  });

  test('tells how many frames its windows and strides have, and how many weights there are', () => {
    expect(windowFrames(manifest)).toBe(97);
    expect(strideFrames(manifest)).toBe(8);
    expect(weightCount(manifest)).toBe([...weights.values()].reduce((count, { length }) => count + length, 0));
  });

  test('may have a signature', () => {
    expect(parseManifest({ ...manifest, signature: 'c2lnbmF0dXJl' }).signature).toBe('c2lnbmF0dXJl');
  });
});

test('a millisecond is 16 samples', () => {
  expect(samplesToMs(16_000)).toBe(1000);
  expect(samplesToMs(8)).toBe(0.5);
});

describe('a manifest is refused', () => {
  const [firstLayer, ...otherLayers] = manifest.topology;
  const firstWeight = manifest.weights[0]!;

  test.each<[string, Partial<Record<keyof Manifest, unknown>>, RegExp]>([
    ['with a keyword that is no label', { keywords: ['yes', 'maybe'] }, /keyword "maybe" is not among the labels/],
    ['with a keyword without operating point', { operatingPoints: { yes: operatingPoint } }, /keyword "no" has no operating point/],
    [
      'with a keyword whose operating point only an ancestor has',
      { labels: ['yes', 'toString', 'a', 'b'], keywords: ['toString'] },
      /"toString" has no operating point/,
    ],
    ['with a label twice', { labels: ['yes', 'no', 'no', '_silence_'] }, /labels are not unique/],
    ['with a keyword twice', { keywords: ['yes', 'yes'] }, /keywords are not unique/],
    ['with fewer labels than posteriors', { labels: ['yes', 'no', '_unknown_'] }, /gives 4 posteriors for 3 labels/],
    ['with a stride that is no multiple of the pooling', { strideSamples: 1120 }, /no multiple of hop × pooling \(160 × 8\)/],
    ['with a stride that is no multiple of the hop', { strideSamples: 1300 }, /no multiple of hop/],
    ['with a window too short for its network', { windowSamples: 4000 }, /leaves none/],
    ['with its layers in another order', { topology: [...otherLayers, firstLayer] }, /expected convolutions and pools/],
    [
      'with two layers of one name, whose weights would be one',
      { topology: manifest.topology.map((layer) => (layer.type === 'max_pool' ? { ...layer, name: 'pool' } : layer)) },
      /names of layers are not unique/,
    ],
    ['with a network other than its weights', { topology: [{ ...firstLayer, filters: 9 }, ...otherLayers] }, /weights do not fit/],
    ['with weights in another order', { weights: [...manifest.weights].reverse() }, /weights do not fit/],
    ['with a weight missing', { weights: manifest.weights.slice(1) }, /weights do not fit/],
    ['with a weight of another shape', { weights: [{ ...firstWeight, shape: [1] }, ...manifest.weights.slice(1)] }, /weights do not fit/],
    ['with too few means', { normalisation: { ...manifest.normalisation, mean: [0] } }, /1 values for 40 coefficients/],
    ['with a deviation of zero', { normalisation: { ...manifest.normalisation, deviation: Array<number>(40).fill(0) } }, /deviation/],
    [
      'with a threshold above 1',
      { operatingPoints: { ...manifest.operatingPoints, no: { ...operatingPoint, threshold: 1.1 } } },
      /threshold/,
    ],
    ['with features it does not know', { features: { ...DEFAULT_FEATURES, kind: 'plp' } }, /features/],
    ['with a field it does not know', { author: 'nobody' } as object, /author/],
    ['with a digest that is none', { digest: 'ABC' }, /digest/],
    ['with a name that could be a path', { name: '../../etc' }, /name/],
    ['without keywords', { keywords: [] }, /keywords/],
  ])('%s', (_, change, message) => {
    const refusal = refusalOf(change);

    expect(refusal.code).toBe('invalid_manifest');
    expect(refusal.message).toMatch(message);
  });

  test('when it is of a later format, whatever else it holds', () => {
    expect(refusalOf({ formatVersion: 2, labels: 7 })).toEqual({
      code: 'unsupported_model_format',
      message: 'this build reads model format 1, the manifest says 2',
    });
  });
});

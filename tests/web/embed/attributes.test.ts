/** Holds the attributes of `<kws-listener>` to what its documentation says of them. */

import { fc, test as prop } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';

import { ConfigureSchema } from '#shared/protocol/messages.ts';
import { readKnobs } from '../../../web/embed/attributes.ts';

const keyword = fc.stringMatching(/^[a-z]{1,8}$/);
const score = fc.double({ min: 0, max: 1, noNaN: true });

describe('what is written on the element', () => {
  test('leaves to the model what is absent or empty', () => {
    expect(readKnobs({})).toEqual({});
    expect(readKnobs({ keywords: ' , ', threshold: '', patience: ' ' })).toEqual({});
  });

  prop.prop([fc.uniqueArray(keyword, { minLength: 1 }), fc.dictionary(keyword, score, { minKeys: 1 })])(
    'gives back the words and thresholds that were written, and makes a message that the protocol takes',
    (keywords, thresholds) => {
      const threshold = Object.entries(thresholds)
        .map(([word, value]) => ` ${word} = ${value}`)
        .join(',');

      const knobs = readKnobs({ keywords: keywords.join(', '), threshold });

      expect(knobs).toEqual({ keywords, threshold: thresholds });
      expect(ConfigureSchema.safeParse({ type: 'configure', ...knobs }).success).toBe(true);
    },
  );

  test('gives one threshold for all words, and the numbers of the detector', () => {
    expect(readKnobs({ threshold: '0.7', patience: '3', refractoryMs: '500' })).toEqual({ threshold: 0.7, patience: 3, refractoryMs: 500 });
  });

  test.for([
    [{ threshold: 'much' }, 'threshold: “much” is no number.'],
    [{ threshold: 'yes=' }, 'threshold: “” is no number.'],
    [{ threshold: '=0.5' }, 'threshold: “=0.5” should read like yes=0.8.'],
    [{ threshold: 'yes=0.5, no' }, 'threshold: “no” should read like yes=0.8.'],
    [{ patience: 'Infinity' }, 'patience: “Infinity” is no number.'],
    [{ refractoryMs: '1s' }, 'refractory-ms: “1s” is no number.'],
  ] as const)('is refused with a sentence: %o', ([written, message]) => {
    expect(() => readKnobs(written)).toThrow(expect.objectContaining({ code: 'bad_attribute', message }));
  });
});

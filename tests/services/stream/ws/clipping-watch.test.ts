/** When a client is told that it is too loud. */

import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';

import { encodePcm, type PcmEncoding } from '#shared/audio/pcm.ts';

import { ClippingWatch } from '../../../../services/stream/ws/clipping-watch.ts';
import { cutBytes } from '../../../helpers/arbitrary-audio.ts';

const SECOND = 16_000;
const MONO = { sampleRate: SECOND, encoding: 'pcm_s16le', channels: 1 } as const;

/** A tone, cut off at full scale where it is louder. */
const tone = (seconds: number, amplitude: number): Float32Array =>
  Float32Array.from({ length: seconds * SECOND }, (_, i) => Math.max(-1, Math.min(1, amplitude * Math.sin(i / 9))));

/** At which chunks of 80 ms it says so. */
function warnings(samples: Float32Array, encoding: PcmEncoding, chunkLengths = [1280]): number[] {
  const watch = new ClippingWatch({ ...MONO, encoding });
  const chunks = cutBytes(encodePcm(samples, encoding), chunkLengths, encoding === 'pcm_s16le' ? 2 : 4);
  return chunks.flatMap((chunk, i) => (watch.hears(chunk) ? i : []));
}

describe.each(['pcm_s16le', 'pcm_f32le'] as const)('in %s', (encoding) => {
  test('audio that keeps reaching full scale is told of after a second', () => {
    expect(warnings(tone(3, 2), encoding)).toEqual([12]);
  });

  test('audio that reaches full scale for a moment is not', () => {
    const samples = tone(3, 0.5);
    samples.fill(1, 100, 300);

    expect(warnings(samples, encoding)).toEqual([]);
  });

  test('and told of again only half a minute later', () => {
    const told = warnings(tone(65, 2), encoding);

    expect(told).toHaveLength(3);
    for (let i = 1; i < told.length; i++) expect((told[i]! - told[i - 1]!) * 0.08).toBeGreaterThanOrEqual(30);
  });
});

test.prop([fc.float({ min: 0, max: Math.fround(0.999), noNaN: true }), fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1 })])(
  'audio below full scale is never told of, however it is cut',
  (amplitude, lengths) => {
    expect(warnings(tone(2, amplitude), 'pcm_s16le', lengths)).toEqual([]);
  },
);

test('of two channels, one that clips is enough', () => {
  const watch = new ClippingWatch({ ...MONO, channels: 2 });
  const loud = tone(3, 2);
  const stereo = Float32Array.from({ length: 2 * loud.length }, (_, i) => (i % 2 === 1 ? loud[(i - 1) / 2]! : 0));

  expect(cutBytes(encodePcm(stereo, 'pcm_s16le'), [2560], 2).some((chunk) => watch.hears(chunk))).toBe(true);
});

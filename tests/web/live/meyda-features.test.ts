/** Holds the adapter to meyda: one set-up, any number of frames. */

import { expect, test } from 'vitest';

import { heatColour } from '../../../web/live/heat-colour.ts';
import { FRAME_SAMPLES, MFCC_COEFFICIENTS, useMeyda } from '../../../web/live/meyda-features.ts';

const tone = (hz: number): Float32Array =>
  Float32Array.from({ length: FRAME_SAMPLES }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / 16_000));

test('a frame gives as many finite coefficients as the heat map has rows', () => {
  const mfcc = useMeyda(16_000)(tone(440));

  expect(mfcc).toHaveLength(MFCC_COEFFICIENTS);
  expect(mfcc.every(Number.isFinite)).toBe(true);
});

test('a high tone and a low one look different, and sound brighter than silence', () => {
  const extract = useMeyda(16_000);
  const colours = (frame: Float32Array) => extract(frame).map((value, row) => heatColour(row, value));

  expect(colours(tone(300))).not.toEqual(colours(tone(3000)));
  expect(extract(tone(300))[0]).toBeGreaterThan(extract(new Float32Array(FRAME_SAMPLES))[0] ?? 0);
});

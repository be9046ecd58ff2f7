/** Sound as telephones, rooms and cheap converters give it. */

import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';

import {
  clipping,
  clockError,
  convolved,
  gain,
  room,
  telephone,
  type Distortion,
} from '../../../../services/trainer/evaluation/distortions.ts';

const RATE_HZ = 16_000;
const SECOND = RATE_HZ;
const tone = (hz: number, amplitude = 0.1): Float32Array =>
  Float32Array.from({ length: SECOND }, (_, n) => amplitude * Math.sin((2 * Math.PI * hz * n) / RATE_HZ));
const RESPONSE = Float32Array.of(0, 0, 1, 0, 0.5, 0, 0.25);

test.each<[string, Distortion]>([
  ['gain', gain(20)],
  ['clipping', clipping(-20)],
  ['telephone', telephone()],
  ['clock', clockError(200)],
  ['room', room(RESPONSE, 0.5)],
])('%s leaves a stream as long as it was, and silence silent', (_, distort) => {
  const silence = distort(new Float32Array(5000));

  expect(silence).toHaveLength(5000);
  expect(silence.every((sample) => Math.abs(sample) < 1e-6)).toBe(true);
});

test('a telephone passes speech tones at their place and stops what lies beside its band', () => {
  const through = telephone();

  expect(levelDb(through(tone(1000)))).toBeCloseTo(levelDb(tone(1000)), 0);
  expect(delayOf(through(tone(400)), tone(400))).toBeLessThanOrEqual(8); // half a millisecond
  expect(levelDb(through(tone(100)))).toBeLessThan(levelDb(tone(100)) - 30);
  expect(levelDb(through(tone(5000)))).toBeLessThan(levelDb(tone(5000)) - 30);
});

test('gain clips at full scale, clipping at its own level', () => {
  expect(Math.max(...gain(20)(tone(500, 0.5)))).toBe(1);
  expect(Math.max(...clipping(-20)(tone(500, 0.5)))).toBeCloseTo(0.1, 6);
  expect(Array.from(gain(-20)(Float32Array.of(0.5)))[0]).toBeCloseTo(0.05, 6);
});

test('a clock that is off raises the pitch by as much', () => {
  const shifted = clockError(10_000)(tone(1000)); // a hundredth
  const same = tone(1010);

  expect(Math.max(...shifted.subarray(0, 15_000).map((sample, n) => Math.abs(sample - same[n]!)))).toBeLessThan(1e-3);
});

test('a room keeps the level and the place of the direct sound', () => {
  const impulse = new Float32Array(4000);
  impulse[1000] = 0.5;

  const heard = room(RESPONSE, 0.5)(impulse);

  expect(heard.indexOf(Math.max(...heard))).toBe(1000);
  expect(heard[1002]!).toBeGreaterThan(0);
  expect(levelDb(heard)).toBeCloseTo(levelDb(impulse), 3);
});

property.prop(
  [
    fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 }),
    fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 10 }),
  ],
  { numRuns: 10 },
)('convolution by FFT is convolution', (stream, response) => {
  const expected = new Float64Array(stream.length + response.length - 1);
  stream.forEach((a, i) => response.forEach((b, j) => (expected[i + j]! += a * b)));

  const result = convolved(Float32Array.from(stream), Float32Array.from(response));

  expect(result).toHaveLength(expected.length);
  result.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
});

function levelDb(stream: Float32Array): number {
  return 10 * Math.log10(stream.reduce((sum, sample) => sum + sample * sample, 1e-20) / stream.length);
}

/** By how many samples `late` lags behind, by correlation in its middle. */
function delayOf(late: Float32Array, early: Float32Array): number {
  let [best, delay] = [Number.NEGATIVE_INFINITY, 0];
  for (let lag = -16; lag <= 16; lag++) {
    let sum = 0;
    for (let n = 4000; n < 12_000; n++) sum += late[n + lag]! * early[n]!;
    if (sum > best) [best, delay] = [sum, lag];
  }
  return Math.abs(delay);
}

/** What a tape holds, however the audio was cut. */

import { fc, test } from '@fast-check/vitest';
import { expect, test as example } from 'vitest';

import { Tape } from '../../../../services/stream/feedback/tape.ts';

const TAPE_SAMPLES = 80_000;
/** Each sample is its own place. */
const from = (start: number, count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => start + i);

/** Compared here: `toEqual` takes seconds for as many. */
const isRun = (samples: Float32Array, start: number): boolean => samples.every((sample, i) => sample === start + i);

function recorded(chunkSamples: readonly number[], startSample = 0): { readonly tape: Tape; readonly endSample: number } {
  const tape = new Tape();
  let endSample = startSample;
  for (const count of chunkSamples) {
    tape.write(from(endSample, count), endSample);
    endSample += count;
  }
  return { tape, endSample };
}

test.prop([
  fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 6 }),
  fc.integer({ min: -100_000, max: 400_000 }),
  fc.integer({ min: 0, max: 100_000 }),
])('gives exactly what lies between two places and within the last five seconds', (chunkSamples, fromSample, count) => {
  const { tape, endSample } = recorded(chunkSamples);
  const first = Math.max(fromSample, endSample - TAPE_SAMPLES, 0);
  const last = Math.min(fromSample + count, endSample);

  const { samples, startSample } = tape.copy(fromSample, fromSample + count);

  expect(tape.endSample).toBe(endSample);
  expect(startSample).toBe(first);
  expect(samples).toHaveLength(Math.max(0, last - first));
  expect(isRun(samples, first)).toBe(true);
});

test.prop([fc.integer({ min: 1, max: 90_000 }), fc.integer({ min: 1, max: 90_000 }), fc.integer({ min: 1, max: 1_000_000 })])(
  'holds nothing from before audio that was lost',
  (before, after, lost) => {
    const { tape } = recorded([before]);
    const start = before + lost;

    tape.write(from(start, after), start);

    const { samples, startSample } = tape.copy(0, Infinity);
    expect(startSample).toBe(Math.max(start, start + after - TAPE_SAMPLES));
    expect(samples).toHaveLength(start + after - startSample);
    expect(isRun(samples, startSample)).toBe(true);
  },
);

example('holds nothing once it is erased', () => {
  const { tape, endSample } = recorded([1000]);

  tape.erase();

  expect(tape.copy(0, endSample).samples).toHaveLength(0);
});

/** The scores that detection works on. */

import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';

import { Smoother } from '#shared/detection/smoother.ts';

const LABELS = 3;
const FLOAT32_TOLERANCE_DIGITS = 6;
const posteriors = fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: LABELS, maxLength: LABELS });

test.prop([fc.integer({ min: 1, max: 6 }), fc.array(posteriors, { minLength: 1, maxLength: 20 })])(
  'gives the mean of the last windows, and of those there are at the start',
  (windows, stream) => {
    const smoother = new Smoother(windows, LABELS);

    stream.forEach((values, i) => {
      const scores = smoother.push(Float32Array.from(values));

      const recent = stream.slice(Math.max(0, i + 1 - windows), i + 1);
      for (let label = 0; label < LABELS; label++) {
        const mean = recent.reduce((sum, row) => sum + row[label]!, 0) / recent.length;
        expect(scores[label]).toBeCloseTo(mean, FLOAT32_TOLERANCE_DIGITS);
      }
    });
  },
);

test('refuses posteriors of another model', () => {
  expect(() => new Smoother(3, LABELS).push(new Float32Array(LABELS + 1))).toThrow(RangeError);
});

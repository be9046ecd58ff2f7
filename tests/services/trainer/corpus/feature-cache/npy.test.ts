/** The file format: as NumPy writes it, and whole or nothing. */

import { fc, test as propertyTest } from '@fast-check/vitest';
import { expect, test } from 'vitest';

import { decodeNpy, encodeNpy } from '../../../../../services/trainer/corpus/feature-cache/npy.ts';

test('is byte for byte what NumPy saves', () => {
  // numpy.save(f, numpy.array([[1, -2.5, 3], [0.5, 0, -0.0]], dtype='<f4'))
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".padEnd(117, ' ');
  const saved = Buffer.concat([
    Buffer.from('934e554d505901007600', 'hex'),
    Buffer.from(`${header}\n`),
    Buffer.from('0000803f000020c0000040400000003f0000000000000080', 'hex'),
  ]);

  expect(encodeNpy({ shape: [2, 3], values: Float32Array.of(1, -2.5, 3, 0.5, 0, -0) }).toString('hex')).toBe(saved.toString('hex'));
});

propertyTest.prop([fc.float32Array({ minLength: 1, maxLength: 40 }), fc.constantFrom(1, 2, 3)])(
  'gives back what was written',
  (values, dimensions) => {
    const shape = [values.length, 1, 1].slice(0, dimensions);

    expect(decodeNpy(encodeNpy({ shape, values }))).toEqual({ shape, values });
  },
);

propertyTest.prop([fc.nat({ max: 1000 })])('a file that is cut short anywhere is none', (length) => {
  const whole = encodeNpy({ shape: [20, 5], values: new Float32Array(100) });

  expect(decodeNpy(whole.subarray(0, Math.min(length, whole.length - 1)))).toBeUndefined();
});

test('values that do not fill the shape are a mistake', () => {
  expect(() => encodeNpy({ shape: [2, 3], values: new Float32Array(5) })).toThrow(RangeError);
});

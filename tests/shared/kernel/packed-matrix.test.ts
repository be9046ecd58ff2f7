import { fc, test as property } from '@fast-check/vitest';
import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { beforeAll, describe, expect } from 'vitest';

import { instantiateKernel } from '#shared/kernel/kernel-exports.ts';
import { Allocations, BYTES_PER_FLOAT, KernelMemory } from '#shared/kernel/kernel-memory.ts';
import { packMatrix, padChannels } from '#shared/kernel/packed-matrix.ts';

import { KERNEL_VARIANTS, readKernel } from '../../helpers/kernel.ts';

/** Float32 sums of up to 2,200 products below 1. */
const TOLERANCE = 1e-3;

let memory: KernelMemory;

interface Product {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly isRelu: boolean;
  readonly seed: number;
}

const product: fc.Arbitrary<Product> = fc.record({
  rows: fc.integer({ min: 1, max: 40 }),
  // beyond 1024 the kernel goes over the inner length in parts, and with many rows of some hundreds over the rows
  inner: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 300, max: 2200 })),
  columns: fc.integer({ min: 1, max: 40 }),
  isRelu: fc.boolean(),
  seed: fc.integer(),
});

describe.each(KERNEL_VARIANTS)('a packed matrix, in the kernel built for %s', (variant) => {
  beforeAll(async () => {
    memory = new KernelMemory(await instantiateKernel(await readKernel(variant)));
  });

  property.prop([product], { numRuns: 200 })(
    'multiplies as the matrix it was packed from, for any number of rows, onto sums already there',
    ({ rows, inner, columns, isRelu, seed }) => {
      const generator = xoroshiro128plus(seed);
      const random = (length: number): Float32Array => Float32Array.from({ length }, () => 2 * uniformFloat32(generator) - 1);
      const [left, right, start] = [random(rows * inner), random(inner * columns), random(rows * padChannels(columns))];

      const actual = kernelProduct({ left, right, start }, { rows, columns, isRelu });

      let worst = 0;
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          let sum = start[row * padChannels(columns) + column]!;
          for (let k = 0; k < inner; k++) sum += left[row * inner + k]! * right[k * columns + column]!;
          const expected = isRelu ? Math.max(0, sum) : sum;
          worst = Math.max(worst, Math.abs(actual[row * padChannels(columns) + column]! - expected));
        }
      }
      expect(worst).toBeLessThan(TOLERANCE);
    },
  );
});

interface Operands {
  readonly left: Float32Array;
  readonly right: Float32Array;
  readonly start: Float32Array;
}

function kernelProduct(
  { left, right, start }: Operands,
  { rows, columns, isRelu }: Pick<Product, 'rows' | 'columns' | 'isRelu'>,
): Float32Array {
  const allocations = new Allocations(memory);
  const { address, inner, panels } = packMatrix(allocations, right, { columns });
  const padded = allocations.allocateFloats(padRows(left, rows, inner));
  const out = allocations.allocateFloats(start);
  const outBytes = padChannels(columns) * BYTES_PER_FLOAT;
  const rowBytes = inner * BYTES_PER_FLOAT;
  memory.exports.matrixProduct(padded, rowBytes, rows, inner, address, panels, out, outBytes, out, outBytes, isRelu ? 1 : 0);
  const result = memory.floats.slice(out / BYTES_PER_FLOAT, out / BYTES_PER_FLOAT + start.length);
  allocations.freeAll();
  return result;
}

function padRows(values: Float32Array, rows: number, paddedColumns: number): Float32Array {
  const columns = values.length / rows;
  const padded = new Float32Array(rows * paddedColumns);
  for (let row = 0; row < rows; row++) padded.set(values.subarray(row * columns, (row + 1) * columns), row * paddedColumns);
  return padded;
}

import { describe, expect, test } from 'vitest';

import { DEFAULT_FEATURES, type FeatureConfig } from '#shared/features/feature-config.ts';
import { dctMatrix, melFilterbank, scaledWindow } from '#shared/features/matrices.ts';

const BIN_HZ = 16_000 / 512;

function rowsOf(matrix: Float32Array, columns: number): Float32Array[] {
  return Array.from({ length: matrix.length / columns }, (_, row) => matrix.subarray(row * columns, (row + 1) * columns));
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

/** All bands added up, over the bins of the spectrum. */
function bandSum(config: FeatureConfig): Float64Array {
  const sum = new Float64Array(257);
  for (const { firstBin, weights } of melFilterbank(config)) weights.forEach((weight, i) => (sum[firstBin + i]! += weight));
  return sum;
}

describe('the DCT', () => {
  test('has rows of unit length at right angles when it is orthonormal', () => {
    const rows = rowsOf(dctMatrix(DEFAULT_FEATURES), 40);

    rows.forEach((a, i) => {
      rows.forEach((b, j) => {
        expect(Math.abs(dot(a, b) - Number(i === j))).toBeLessThan(1e-6);
      });
    });
  });

  test('is the identity when the features are log-mel bands', () => {
    rowsOf(dctMatrix({ ...DEFAULT_FEATURES, dct: 'none' }), 40).forEach((row, i) => {
      expect([...row]).toEqual(Array.from({ length: 40 }, (_, band) => Number(i === band)));
    });
  });
});

describe('the mel bands', () => {
  test('of unit height hand over to each other: between the first peak and the last they add up to 1', () => {
    const sum = bandSum(DEFAULT_FEATURES);
    const [firstInside, lastInside] = [Math.ceil(66 / BIN_HZ), Math.floor(7100 / BIN_HZ)];

    for (let bin = firstInside; bin <= lastInside; bin++) expect(Math.abs(sum[bin]! - 1), `bin ${bin}`).toBeLessThan(1e-6);
  });

  test('leave out what lies beyond their limits', () => {
    const sum = bandSum(DEFAULT_FEATURES);

    expect(sum[0]).toBe(0);
    expect([...sum.subarray(Math.ceil(7600 / BIN_HZ))].every((weight) => weight === 0)).toBe(true);
  });

  test('of unit area weigh a flat spectrum alike, however wide they are', () => {
    const wide = melFilterbank({ ...DEFAULT_FEATURES, filterbank: { ...DEFAULT_FEATURES.filterbank, area: 'slaney' } }).slice(20);

    for (const { weights } of wide) expect(Math.abs(weights.reduce((sum, weight) => sum + weight) * BIN_HZ - 1)).toBeLessThan(0.05);
  });

  test('keep their numbers finite where corners fall on one bin', () => {
    const crowded: FeatureConfig = {
      ...DEFAULT_FEATURES,
      melBands: 128,
      filterbank: { ...DEFAULT_FEATURES.filterbank, edges: 'bin', area: 'slaney', lowHz: 0 },
    };

    expect(melFilterbank(crowded).every(({ weights }) => weights.every(Number.isFinite))).toBe(true);
  });
});

describe('the window', () => {
  test('carries the scale of the samples', () => {
    expect(Math.max(...scaledWindow(DEFAULT_FEATURES))).toBe(32_768);
  });

  test('ends one sample before it would begin again, or where it began', () => {
    const periodic = scaledWindow(DEFAULT_FEATURES);
    const symmetric = scaledWindow({ ...DEFAULT_FEATURES, windowFunction: 'hann_symmetric' });

    expect([periodic[0], periodic[511]]).toEqual([0, periodic[1]]);
    expect([symmetric[0], symmetric[511]]).toEqual([0, 0]);
  });
});

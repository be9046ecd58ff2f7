/** What is logged goes to MLflow whole, in pieces that it takes. */

import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';

import { BATCH_LIMITS, cutBatch, validKey } from '../../../../services/trainer/tracking/batches.ts';
import type { Batch } from '../../../../services/trainer/tracking/tracking-store.ts';

const key = fc.stringMatching(/^[a-z][\w/]{0,20}[a-z]$/).map(validKey);
const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.integer({ min: 1, max: 9000 }).map((length) => '\u0001'.repeat(length)),
);
const batch = (): fc.Arbitrary<Batch> =>
  fc.record({
    metrics: fc.array(fc.record({ key, value: fc.double(), timestampMs: fc.nat(), step: fc.nat() }), { maxLength: 2500, size: 'max' }),
    params: fc.uniqueArray(fc.tuple(key, text), { maxLength: 250, size: 'max', selector: ([name]) => name }).map((all) => new Map(all)),
    tags: fc.uniqueArray(fc.tuple(key, text), { maxLength: 250, size: 'max', selector: ([name]) => name }).map((all) => new Map(all)),
  });

describe('cutBatch', () => {
  test.prop([batch()], { numRuns: 30 })('keeps within every limit of a request', (whole) => {
    for (const { metrics, params, tags } of cutBatch(whole)) {
      expect(metrics.length).toBeLessThanOrEqual(BATCH_LIMITS.metrics);
      expect(params.size).toBeLessThanOrEqual(BATCH_LIMITS.params);
      expect(tags.size).toBeLessThanOrEqual(BATCH_LIMITS.tags);
      expect(metrics.length + params.size + tags.size).toBeLessThanOrEqual(BATCH_LIMITS.entities);
      expect(Buffer.byteLength(JSON.stringify([metrics, [...params], [...tags]]))).toBeLessThanOrEqual(1_000_000);
    }
  });

  test.prop([batch()], { numRuns: 30 })('loses nothing and keeps the order of metrics', (whole) => {
    const pieces = cutBatch(whole);

    expect(pieces.flatMap(({ metrics }) => metrics)).toEqual(whole.metrics);
    expect(pieces.flatMap(({ params }) => [...params.keys()])).toEqual([...whole.params.keys()]);
    expect(pieces.flatMap(({ tags }) => [...tags.keys()])).toEqual([...whole.tags.keys()]);
  });

  test('has nothing to send for an empty batch', () => {
    expect(cutBatch({ metrics: [], params: new Map(), tags: new Map() })).toEqual([]);
  });
});

describe('validKey', () => {
  test.prop([fc.string({ unit: 'binary', maxLength: 400 })])('gives a name that stays below its folder, twice the same', (name) => {
    const valid = validKey(name);

    expect(valid).toMatch(/^[\w\-. :/]{1,250}$/);
    expect(valid.split('/').some((part) => ['', '.', '..'].includes(part))).toBe(false);
    expect(validKey(valid)).toBe(valid);
  });
});

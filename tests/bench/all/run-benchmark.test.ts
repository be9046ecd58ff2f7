/** A benchmark of the campaign is done when it has left its figures. */

import { expect, test } from 'vitest';

import { runBenchmark } from '../../../bench/all/run-benchmark.ts';

test('a benchmark that ends well and leaves no figures has failed', async () => {
  const silent = {
    name: 'no-such-result',
    title: 'Silent',
    answers: 'Nothing.',
    script: 'bench:voice-gate',
    args: () => ['--help'],
    limitMinutes: 1,
  };
  expect(await runBenchmark(silent, undefined)).toMatchObject({
    state: 'failed',
    told: expect.stringContaining('left no figures') as string,
  });
});

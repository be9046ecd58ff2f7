/** The corpus breaks nothing, and the fuzzer finds what is there to be found. */

import { describe, expect, test } from 'vitest';

import { testKernelEngine } from '../helpers/kernel.ts';
import { readCorpus } from './corpus-files.ts';
import { fuzz } from './fuzzer.ts';
import { bytesOf, type Target } from './target.ts';
import { allTargets } from './targets.ts';

const targets = await allTargets(await testKernelEngine());

describe.each(targets.map((target) => [target.name, target] as const))('%s', (name, target) => {
  test.for([...target.seeds, ...readCorpus(name)].map((input) => [Buffer.from(input).toString('hex').slice(0, 40), input] as const))(
    'takes %s',
    ([, input]) => {
      expect(() => target.run(input)).not.toThrow();
    },
  );
});

test('the fuzzer finds a mistake near what it was given, and the input that shows it', async () => {
  const careless: Target = {
    name: 'careless',
    sources: ['tests/fuzz/fuzz.test.ts'],
    seeds: [bytesOf('fxzz')],
    dictionary: [bytesOf('x')],
    run(input) {
      if (input[0] !== 0x66) return;
      if (input[1] !== 0x75) return;
      if (input[2] === 0x7a) throw new RangeError('found');
    },
  };
  let looks = 0;

  const { findings, executions } = await fuzz(careless, { seed: 1, corpus: [], isOver: () => ++looks > 200_000 });

  expect(findings[0]!.error).toBeInstanceOf(RangeError);
  expect([...findings[0]!.input.subarray(0, 3)]).toEqual([...bytesOf('fuz')]);
  expect(executions).toBeGreaterThan(1);
});

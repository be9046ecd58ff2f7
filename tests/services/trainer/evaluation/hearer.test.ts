/** Threads hear what this thread hears. */

import { expect, onTestFinished, test } from 'vitest';

import { createKernelEngine } from '#shared/kernel/kernel-engine.ts';

import { compileKernel } from '../../../../services/trainer/kernel.ts';
import { createHearer, createHearerPool } from '../../../../services/trainer/evaluation/hearer.ts';

import { tinyArtefact } from '../../../helpers/tiny-model.ts';

test('recordings heard in threads give the tracks that one thread gives, in their order', async () => {
  const artefact = await tinyArtefact();
  const [pool, alone] = [await createHearerPool(artefact, 2), createHearer(await createKernelEngine(await compileKernel()), artefact)];
  onTestFinished(() => pool.close());
  const recording = (i: number): Int16Array => Int16Array.from({ length: 20_000 + 3000 * i }, (_, n) => 5000 * Math.sin(n / (5 + i)));

  const inThreads = await pool.hear(5, recording, () => undefined);

  expect(inThreads).toEqual(await alone.hear(5, recording, () => undefined));
  expect(inThreads.map(({ samples }) => samples)).toEqual([20_000, 23_000, 26_000, 29_000, 32_000]);
});

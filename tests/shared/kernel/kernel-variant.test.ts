import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { createKernelEngine } from '#shared/kernel/kernel-engine.ts';
import { bestKernelVariant, KERNEL_FILES } from '#shared/kernel/kernel-variant.ts';
import { scoreWindow } from '#shared/model/reference-engine.ts';

import { ROOT } from '../../../scripts/lib/paths.mjs';
import { KERNEL_VARIANTS, readKernel } from '../../helpers/kernel.ts';
import { framesOf } from '../../helpers/random-frames.ts';
import { tinyArtefact } from '../../helpers/tiny-model.ts';

const MAX_MODULE_BYTES = 64 * 1024;

test('the best variant is one that this engine compiles', async () => {
  expect(WebAssembly.validate(await readKernel(bestKernelVariant()))).toBe(true);
});

test('an engine that compiles the relaxed build is found to know it', async () => {
  expect(bestKernelVariant() === 'relaxed').toBe(WebAssembly.validate(await readKernel('relaxed')));
});

test('both builds together stay below the limit of one', async () => {
  const sizes = await Promise.all(Object.values(KERNEL_FILES).map(async (file) => (await stat(join(ROOT, 'dist/kernel', file))).size));

  expect(sizes.reduce((total, size) => total + size, 0)).toBeLessThan(MAX_MODULE_BYTES);
});

test.each(KERNEL_VARIANTS)('the %s build scores a window as the reference does', async (variant) => {
  const artefact = await tinyArtefact();
  const engine = await createKernelEngine(await readKernel(variant));
  const frames = framesOf(artefact.manifest, 1, 7);

  const posteriors = engine.load(artefact).openStream().advance(frames);

  const expected = scoreWindow(artefact, frames);
  posteriors.forEach((posterior, i) => expect(posterior).toBeCloseTo(expected[i]!, 5));
});

/** The engine that production runs, for figures that hold there. */

import { readFile } from 'node:fs/promises';

import { createKernelEngine } from '#shared/kernel/kernel-engine.ts';
import type { Engine } from '#shared/model/classifier.ts';

import { TrainerError } from '../trainer-error.ts';

const KERNEL = new URL('../../../dist/kernel/kernel.wasm', import.meta.url);

/** Loads the kernel. @throws {TrainerError} `kernel_not_built` */
export async function productionEngine(): Promise<Engine> {
  const wasm = await readFile(KERNEL).catch((cause: unknown) => {
    throw new TrainerError('kernel_not_built', 'the kernel is not built: run `npm run build`', { cause });
  });
  return createKernelEngine(wasm);
}

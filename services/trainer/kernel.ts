/** The production kernel: the trainer computes features and figures with the code that serves. */

import { readFile } from 'node:fs/promises';

import { bestKernelVariant, KERNEL_FILES } from '#shared/kernel/kernel-variant.ts';

import { TrainerError } from './trainer-error.ts';

const KERNEL = new URL(`../../dist/kernel/${KERNEL_FILES[bestKernelVariant()]}`, import.meta.url);

/** Reads and compiles the kernel. @throws {TrainerError} `kernel_not_built` */
export async function compileKernel(): Promise<WebAssembly.Module> {
  const wasm = await readFile(KERNEL).catch((cause: unknown) => {
    throw new TrainerError('kernel_not_built', 'the kernel is not built: run `npm run build`', { cause });
  });
  return WebAssembly.compile(wasm);
}

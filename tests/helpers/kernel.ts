/** The built kernel, for tests: built first where it is missing or older than its source. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createKernelEngine, type KernelEngine } from '#shared/kernel/kernel-engine.ts';

import { BUILD_PARTS } from '../../scripts/lib/build-parts.mjs';
import { build } from '../../scripts/lib/build.mjs';
import { ROOT } from '../../scripts/lib/paths.mjs';

const KERNEL_PARTS = BUILD_PARTS.filter(({ name }) => name === 'kernel');

/** The bytes of `kernel.wasm`. */
export async function readKernel(): Promise<Uint8Array<ArrayBuffer>> {
  await build(ROOT, KERNEL_PARTS);
  return readFile(join(ROOT, 'dist/kernel/kernel.wasm'));
}

/** A kernel of the test's own. */
export async function testKernelEngine(): Promise<KernelEngine> {
  return createKernelEngine(await readKernel());
}

/** The built kernel, for tests. `npm test` builds it first; test files run at the same time, so none of them may. */

import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

import { createKernelEngine, type KernelEngine } from '#shared/kernel/kernel-engine.ts';
import { bestKernelVariant, KERNEL_FILES, type KernelVariant } from '#shared/kernel/kernel-variant.ts';

import { ROOT } from '../../scripts/lib/paths.mjs';

const BUILT = join(ROOT, 'dist/kernel');
const SOURCES = join(ROOT, 'shared/kernel/assembly');

// Node 20 knows relaxed SIMD, but asks for a flag
if (process.versions.v8.startsWith('11.3.')) setFlagsFromString('--experimental-wasm-relaxed-simd');

/** The builds of the kernel that this Node can run. */
export const KERNEL_VARIANTS: readonly KernelVariant[] = bestKernelVariant() === 'relaxed' ? ['simd', 'relaxed'] : ['simd'];

/** The bytes of a build of the kernel; an error where they are older than their source. */
export async function readKernel(variant: KernelVariant = bestKernelVariant()): Promise<Uint8Array<ArrayBuffer>> {
  const path = join(BUILT, KERNEL_FILES[variant]);
  const built = await changedMs(path);
  const sources = await Promise.all((await readdir(SOURCES)).map((name) => changedMs(join(SOURCES, name))));
  if (built === undefined || sources.some((changed) => changed !== undefined && changed > built)) {
    throw new Error(`${KERNEL_FILES[variant]} is missing or older than shared/kernel/assembly: run \`npm run build\``);
  }
  return readFile(path);
}

/** A kernel of the test's own. */
export async function testKernelEngine(variant?: KernelVariant): Promise<KernelEngine> {
  return createKernelEngine(await readKernel(variant));
}

async function changedMs(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mtimeMs;
}

/** The built kernel, for tests. `npm test` builds it first; test files run at the same time, so none of them may. */

import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { createKernelEngine, type KernelEngine } from '#shared/kernel/kernel-engine.ts';

import { ROOT } from '../../scripts/lib/paths.mjs';

const MODULE = join(ROOT, 'dist/kernel/kernel.wasm');
const SOURCES = join(ROOT, 'shared/kernel/assembly');

/** The bytes of `kernel.wasm`; an error where they are older than their source. */
export async function readKernel(): Promise<Uint8Array<ArrayBuffer>> {
  const built = await changedMs(MODULE);
  const sources = await Promise.all((await readdir(SOURCES)).map((name) => changedMs(join(SOURCES, name))));
  if (built === undefined || sources.some((changed) => changed !== undefined && changed > built)) {
    throw new Error('kernel.wasm is missing or older than shared/kernel/assembly: run `npm run build`');
  }
  return readFile(MODULE);
}

/** A kernel of the test's own. */
export async function testKernelEngine(): Promise<KernelEngine> {
  return createKernelEngine(await readKernel());
}

async function changedMs(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mtimeMs;
}

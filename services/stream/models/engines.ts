/** The inference engines by name: the one place that knows them all. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createKernelEngine } from '#shared/kernel/kernel-engine.ts';
import { bestKernelVariant, KERNEL_FILES } from '#shared/kernel/kernel-variant.ts';
import type { Engine, EngineName } from '#shared/model/classifier.ts';
import { referenceEngine } from '#shared/model/reference-engine.ts';

import { ServiceError } from '../service-error.ts';
import { createTfjsEngine } from './tfjs-engine.ts';

/**
 * Gives an engine, ready to load models.
 *
 * @param buildDirectory - where the kernel's modules were built
 * @throws {CodedError} `kernel_not_built`, `kernel_unavailable`, `tfjs_unavailable`
 */
export async function createEngine(name: EngineName, buildDirectory: string): Promise<Engine> {
  switch (name) {
    case 'kernel':
      return createKernelEngine(await readKernel(join(buildDirectory, 'kernel', KERNEL_FILES[bestKernelVariant()])));
    case 'reference':
      return referenceEngine;
    case 'tfjs':
      return createTfjsEngine();
  }
}

async function readKernel(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new ServiceError('kernel_not_built', `there is no ${path}: run \`npm run build\``, { cause: error });
  }
}

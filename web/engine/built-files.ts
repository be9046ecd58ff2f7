/** The engine's files of this build, if it has any. */

import files from 'virtual:engine-files';

import { CodedError } from '#shared/coded-error.ts';
import { bestKernelVariant } from '#shared/kernel/kernel-variant.ts';
import type { EngineFiles } from './worker-messages.ts';

/**
 * The model, and the build of the kernel that this browser runs best.
 *
 * @throws {CodedError} `engine_not_built`
 */
export function builtEngineFiles(): EngineFiles {
  if (files) {
    const { kernelUrl, relaxedKernelUrl, ...model } = files;
    return { kernelUrl: bestKernelVariant() === 'relaxed' ? relaxedKernelUrl : kernelUrl, ...model };
  }
  throw new CodedError('engine_not_built', 'This build of the page has no model of its own, so only a server can listen.');
}

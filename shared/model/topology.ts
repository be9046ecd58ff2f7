/** The networks a model may have: a CNN-LSTM as a list of layers, each a whole-step operation over time. */

import { z } from 'zod';

const name = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/);
const units = z.int().min(1).max(1024);

/**
 * The layers, in the order in which a network runs them. Time is the first axis throughout: `[steps, channels]`.
 *
 * | type | weights (names and shapes) | output |
 * |---|---|---|
 * | `conv1d` | `kernel [kernelSteps, in, filters]`, `bias [filters]` | ReLU; valid padding: `steps − kernelSteps + 1` |
 * | `max_pool` | | `floor(steps / size)` |
 * | `lstm` | `kernel [in, 4·units]`, `recurrent [units, 4·units]`, `bias [4·units]`; gates input, forget, cell, output | `[steps, units]` |
 * | `attention` | `query [in]` | softmax over steps of `query · h`, then the weighted sum of `h`: `[in]` |
 * | `last_state` | | the last step: `[in]` |
 * | `dense` | `kernel [in, units]`, `bias [units]` | softmax: the posteriors |
 *
 * Batch normalisation is folded into the convolution before it when a model is exported.
 */
export const LayerSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('conv1d'), name, filters: units, kernelSteps: z.int().min(1).max(31) }),
  z.strictObject({ type: z.literal('max_pool'), name, size: z.int().min(1).max(8) }),
  z.strictObject({ type: z.literal('lstm'), name, units }),
  z.strictObject({ type: z.literal('attention'), name }),
  z.strictObject({ type: z.literal('last_state'), name }),
  z.strictObject({ type: z.literal('dense'), name, units }),
]);
export type Layer = z.infer<typeof LayerSchema>;

export const TopologySchema = z.array(LayerSchema).min(2).max(64);
export type Topology = readonly Layer[];

/** A named weight tensor and its shape. */
export interface TensorShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** What a layer is given and gives: `steps` over time (1 after pooling over the window) of `channels` each. */
export interface LayerShape {
  readonly layer: Layer;
  readonly steps: number;
  readonly channels: number;
  readonly weights: readonly TensorShape[];
  readonly outSteps: number;
  readonly outChannels: number;
}

/**
 * Follows a window of `[frames, coefficients]` through the network.
 *
 * @throws {RangeError} if a layer is left without a step, or the layers are not in the order convolutions, LSTMs, pooling, dense
 */
export function shapesOf(topology: Topology, frames: number, coefficients: number): readonly LayerShape[] {
  assertOrder(topology);
  const shapes: LayerShape[] = [];
  let [steps, channels] = [frames, coefficients];
  for (const layer of topology) {
    const shape = shapeOf(layer, steps, channels);
    if (shape.outSteps < 1) throw new RangeError(`layer ${layer.name} (${layer.type}) has ${steps} steps and leaves none`);
    shapes.push(shape);
    [steps, channels] = [shape.outSteps, shape.outChannels];
  }
  return shapes;
}

/** How many frames the pooling layers turn into one step: windows may only move by a multiple of it. */
export function framesPerStep(topology: Topology): number {
  return topology.reduce((product, layer) => (layer.type === 'max_pool' ? product * layer.size : product), 1);
}

/** The number of values in a tensor of this shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

const STAGE = { conv1d: 0, max_pool: 0, lstm: 1, attention: 2, last_state: 2, dense: 3 } as const;

function assertOrder(topology: Topology): void {
  const stages = topology.map(({ type }) => STAGE[type]);
  const inOrder = stages.every((stage, i) => i === 0 || stage >= stages[i - 1]!);
  const counts = [2, 3].map((stage) => stages.filter((other) => other === stage).length);
  if (!inOrder || counts[0] !== 1 || counts[1] !== 1) {
    throw new RangeError(
      `expected convolutions and pools, then LSTMs, then one attention or last_state, then one dense; got ${topology.map(({ type }) => type).join(', ')}`,
    );
  }
}

function shapeOf(layer: Layer, steps: number, channels: number): LayerShape {
  const tensor = (suffix: string, ...shape: number[]): TensorShape => ({ name: `${layer.name}/${suffix}`, shape });
  const base = { layer, steps, channels };
  switch (layer.type) {
    case 'conv1d': {
      const weights = [tensor('kernel', layer.kernelSteps, channels, layer.filters), tensor('bias', layer.filters)];
      return { ...base, weights, outSteps: steps - layer.kernelSteps + 1, outChannels: layer.filters };
    }
    case 'max_pool':
      return { ...base, weights: [], outSteps: Math.floor(steps / layer.size), outChannels: channels };
    case 'lstm': {
      const gates = 4 * layer.units;
      const weights = [tensor('kernel', channels, gates), tensor('recurrent', layer.units, gates), tensor('bias', gates)];
      return { ...base, weights, outSteps: steps, outChannels: layer.units };
    }
    case 'attention':
      return { ...base, weights: [tensor('query', channels)], outSteps: 1, outChannels: channels };
    case 'last_state':
      return { ...base, weights: [], outSteps: 1, outChannels: channels };
    case 'dense':
      return {
        ...base,
        weights: [tensor('kernel', channels, layer.units), tensor('bias', layer.units)],
        outSteps: 1,
        outChannels: layer.units,
      };
  }
}

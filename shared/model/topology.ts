/** The networks a model may have: a CNN-LSTM as a list of layers, each a whole-step operation over time. */

import { z } from 'zod';

const name = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/);
const units = z.int().min(1).max(1024);

/**
 * The layers, in the order in which a network runs them. Time is the first axis throughout: `[steps, channels]`. Until the first layer
 * over time alone, a channel is a band and a filter, `channels = bands · inner`, the band first: each coefficient starts as a band of one.
 *
 * | type | weights (names and shapes) | output |
 * |---|---|---|
 * | `conv1d` | `kernel [kernelSteps, in, filters]`, `bias [filters]` | ReLU; valid padding: `steps − kernelSteps + 1` |
 * | `conv2d` | `kernel [kernelSteps, kernelBands, inner, filters]`, `bias [filters]` | over time and bands; ReLU; time: valid, every `strideSteps`th; bands: padded with zeros to `ceil(bands / strideBands)` (the odd one above, as TensorFlow's "same"): `[steps, bands · filters]` |
 * | `max_pool` | | `floor(steps / size)` |
 * | `lstm` | `kernel [in, 4·units]`, `recurrent [units, 4·units]`, `bias [4·units]`; gates input, forget, cell, output | `[steps, units]` |
 * | `attention` | `query [in]` | softmax over steps of `query · h`, then the weighted sum of `h`: `[in]` |
 * | `last_state` | | the last step: `[in]` |
 * | `dense` | `kernel [in, units]`, `bias [units]` | softmax: the posteriors |
 *
 * Batch normalisation is folded into the convolution before it when a model is exported.
 */
export const LayerSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('conv2d'),
    name,
    filters: units,
    kernelSteps: z.int().min(1).max(31),
    kernelBands: z.int().min(1).max(31),
    strideSteps: z.int().min(1).max(8),
    strideBands: z.int().min(1).max(8),
  }),
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
  /** Into how many mel bands the channels divide; 1 once a layer has mixed them. */
  readonly bands: number;
  readonly weights: readonly TensorShape[];
  readonly outSteps: number;
  readonly outChannels: number;
  readonly outBands: number;
}

/**
 * Follows a window of `[frames, coefficients]` through the network.
 *
 * @throws {RangeError} if a layer is left without a step, or the layers are not in the order convolutions, LSTMs, pooling, dense
 */
export function shapesOf(topology: Topology, frames: number, coefficients: number): readonly LayerShape[] {
  assertOrder(topology);
  const shapes: LayerShape[] = [];
  let input: LayerInput = { steps: frames, channels: coefficients, bands: coefficients };
  for (const layer of topology) {
    const shape = shapeOf(layer, input);
    if (shape.outSteps < 1) throw new RangeError(`layer ${layer.name} (${layer.type}) has ${input.steps} steps and leaves none`);
    shapes.push(shape);
    input = { steps: shape.outSteps, channels: shape.outChannels, bands: shape.outBands };
  }
  return shapes;
}

/** How many frames the strides and the pooling layers turn into one step: windows may only move by a multiple of it. */
export function framesPerStep(topology: Topology): number {
  return topology.reduce((product, layer) => product * stepsPerStep(layer), 1);
}

function stepsPerStep(layer: Layer): number {
  if (layer.type === 'max_pool') return layer.size;
  return layer.type === 'conv2d' ? layer.strideSteps : 1;
}

/** How a `conv2d` layer moves over `bands`: output band `b` sees the input bands from `b · strideBands − padding` on; those outside are zero. */
export function bandGeometry(bands: number, { kernelBands, strideBands }: { kernelBands: number; strideBands: number }): BandGeometry {
  const outBands = Math.ceil(bands / strideBands);
  return { outBands, padding: Math.floor(Math.max(0, (outBands - 1) * strideBands + kernelBands - bands) / 2) };
}

export interface BandGeometry {
  readonly outBands: number;
  /** Bands of zeros below the lowest. */
  readonly padding: number;
}

/** The number of values in a tensor of this shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

const STAGE = { conv2d: 0, conv1d: 0, max_pool: 0, lstm: 1, attention: 2, last_state: 2, dense: 3 } as const;

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

interface LayerInput {
  readonly steps: number;
  readonly channels: number;
  readonly bands: number;
}

function shapeOf(layer: Layer, { steps, channels, bands }: LayerInput): LayerShape {
  const tensor = (suffix: string, ...shape: number[]): TensorShape => ({ name: `${layer.name}/${suffix}`, shape });
  const base = { layer, steps, channels, bands, outBands: 1 };
  switch (layer.type) {
    case 'conv2d': {
      if (bands === 1 && channels > 1) throw new RangeError(`layer ${layer.name} (conv2d) comes after a layer that has mixed the bands`);
      const { kernelSteps, kernelBands, strideSteps, filters } = layer;
      const { outBands } = bandGeometry(bands, layer);
      const weights = [tensor('kernel', kernelSteps, kernelBands, channels / bands, filters), tensor('bias', filters)];
      const outSteps = Math.floor((steps - kernelSteps) / strideSteps) + 1;
      return { ...base, weights, outSteps, outChannels: outBands * filters, outBands };
    }
    case 'conv1d': {
      const weights = [tensor('kernel', layer.kernelSteps, channels, layer.filters), tensor('bias', layer.filters)];
      return { ...base, weights, outSteps: steps - layer.kernelSteps + 1, outChannels: layer.filters };
    }
    case 'max_pool':
      return { ...base, weights: [], outSteps: Math.floor(steps / layer.size), outChannels: channels, outBands: bands };
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

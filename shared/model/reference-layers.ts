/** The layers of `topology.ts` as plain loops over one window. Slow and readable on purpose: faster engines are held to them. */

import type { Artefact } from '#shared/model/artefact.ts';
import { bandGeometry, type Layer, type LayerShape } from '#shared/model/topology.ts';
import { assertNever } from '#shared/assert-never.ts';

/** Activations over time, `[steps, channels]`, row-major. */
export interface Activations {
  readonly steps: number;
  readonly channels: number;
  readonly values: Float32Array;
}

/** Runs one layer over the activations of one window. */
export function runLayer(shape: LayerShape, input: Activations, { weights }: Pick<Artefact, 'weights'>): Activations {
  const { layer } = shape;
  const tensor = (suffix: string): Float32Array => {
    const values = weights.get(`${layer.name}/${suffix}`);
    if (values === undefined) throw new RangeError(`the artefact has no tensor ${layer.name}/${suffix}`);
    return values;
  };
  switch (layer.type) {
    case 'conv2d':
      return conv2d(input, { layer, bands: shape.bands, kernel: tensor('kernel'), bias: tensor('bias') });
    case 'conv1d':
      return conv1d(input, tensor('kernel'), tensor('bias'));
    case 'max_pool':
      return maxPool(input, layer.size);
    case 'lstm':
      return lstm(input, { kernel: tensor('kernel'), recurrent: tensor('recurrent'), bias: tensor('bias') });
    case 'attention':
      return attention(input, tensor('query'));
    case 'last_state':
      return lastState(input);
    case 'dense':
      return dense(input, tensor('kernel'), tensor('bias'));
    default:
      return assertNever(layer);
  }
}

/** Convolution over time, valid padding, then ReLU. `kernel [kernelSteps, in, filters]`. */
export function conv1d({ steps, channels, values }: Activations, kernel: Float32Array, bias: Float32Array): Activations {
  const filters = bias.length;
  const kernelSteps = kernel.length / (channels * filters);
  const outSteps = steps - kernelSteps + 1;
  const out = new Float32Array(outSteps * filters);
  for (let step = 0; step < outSteps; step++) {
    for (let filter = 0; filter < filters; filter++) {
      let sum = bias[filter]!;
      for (let k = 0; k < kernelSteps; k++) {
        for (let channel = 0; channel < channels; channel++) {
          sum += values[(step + k) * channels + channel]! * kernel[(k * channels + channel) * filters + filter]!;
        }
      }
      out[step * filters + filter] = Math.max(0, sum);
    }
  }
  return { steps: outSteps, channels: filters, values: out };
}

interface BandConvolution {
  readonly layer: Extract<Layer, { type: 'conv2d' }>;
  /** Bands of the input. */
  readonly bands: number;
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

/** Convolution over time and bands, then ReLU. `kernel [kernelSteps, kernelBands, inner, filters]`; see `topology.ts` for the padding. */
export function conv2d({ steps, channels, values }: Activations, { layer, bands, kernel, bias }: BandConvolution): Activations {
  const { kernelSteps, kernelBands, strideSteps, strideBands, filters } = layer;
  const inner = channels / bands;
  const { outBands, padding } = bandGeometry(bands, layer);
  const outSteps = Math.floor((steps - kernelSteps) / strideSteps) + 1;
  const out = new Float32Array(outSteps * outBands * filters);
  const sumAt = (step: number, band: number, filter: number): number => {
    let sum = bias[filter]!;
    for (let k = 0; k < kernelSteps; k++) {
      for (let kb = 0; kb < kernelBands; kb++) {
        const inBand = band * strideBands - padding + kb;
        if (inBand < 0 || inBand >= bands) continue;
        const from = (step * strideSteps + k) * channels + inBand * inner;
        const weights = (k * kernelBands + kb) * inner * filters + filter;
        for (let i = 0; i < inner; i++) sum += values[from + i]! * kernel[weights + i * filters]!;
      }
    }
    return sum;
  };
  for (let step = 0; step < outSteps; step++) {
    for (let band = 0; band < outBands; band++) {
      for (let filter = 0; filter < filters; filter++) {
        out[(step * outBands + band) * filters + filter] = Math.max(0, sumAt(step, band, filter));
      }
    }
  }
  return { steps: outSteps, channels: outBands * filters, values: out };
}

/** The largest of each `size` consecutive steps; trailing steps that fill no group are dropped. */
export function maxPool({ steps, channels, values }: Activations, size: number): Activations {
  const outSteps = Math.floor(steps / size);
  const out = new Float32Array(outSteps * channels).fill(-Infinity);
  for (let step = 0; step < outSteps * size; step++) {
    for (let channel = 0; channel < channels; channel++) {
      const target = Math.floor(step / size) * channels + channel;
      out[target] = Math.max(out[target]!, values[step * channels + channel]!);
    }
  }
  return { steps: outSteps, channels, values: out };
}

/** The weights of an LSTM: gates in the order input, forget, cell, output. */
export interface LstmWeights {
  readonly kernel: Float32Array;
  readonly recurrent: Float32Array;
  readonly bias: Float32Array;
}

/** Hochreiter and Schmidhuber (1997) with forget gates, as Keras computes it; starts from a state of zeros, gives every step's output. */
export function lstm({ steps, channels, values }: Activations, { kernel, recurrent, bias }: LstmWeights): Activations {
  const units = bias.length / 4;
  const out = new Float32Array(steps * units);
  let hidden = new Float32Array(units);
  const cell = new Float32Array(units);
  for (let step = 0; step < steps; step++) {
    const gates = Float32Array.from(bias);
    addProduct(values.subarray(step * channels, (step + 1) * channels), kernel, gates);
    addProduct(hidden, recurrent, gates);
    hidden = out.subarray(step * units, (step + 1) * units);
    for (let unit = 0; unit < units; unit++) {
      const gate = (index: number): number => gates[index * units + unit]!;
      const state = sigmoid(gate(1)) * cell[unit]! + sigmoid(gate(0)) * Math.tanh(gate(2));
      cell[unit] = state;
      hidden[unit] = sigmoid(gate(3)) * Math.tanh(state);
    }
  }
  return { steps, channels: units, values: out };
}

/** Weighs each step by the softmax of its product with the query, and sums. */
export function attention({ steps, channels, values }: Activations, query: Float32Array): Activations {
  const scores = new Float32Array(steps);
  for (let step = 0; step < steps; step++) {
    for (let channel = 0; channel < channels; channel++) scores[step]! += query[channel]! * values[step * channels + channel]!;
  }
  const shares = softmax(scores);
  const out = new Float32Array(channels);
  for (let step = 0; step < steps; step++) {
    for (let channel = 0; channel < channels; channel++) out[channel]! += shares[step]! * values[step * channels + channel]!;
  }
  return { steps: 1, channels, values: out };
}

/** The last step alone. */
export function lastState({ channels, values }: Activations): Activations {
  return { steps: 1, channels, values: values.slice(-channels) };
}

/** A dense layer and its softmax: posteriors. `kernel [in, units]`. */
export function dense({ values }: Activations, kernel: Float32Array, bias: Float32Array): Activations {
  const logits = Float32Array.from(bias);
  addProduct(values, kernel, logits);
  return { steps: 1, channels: bias.length, values: softmax(logits) };
}

/** Adds `row [in] · matrix [in, columns]` to `out [columns]`. */
function addProduct(row: Float32Array, matrix: Float32Array, out: Float32Array): void {
  const columns = out.length;
  for (let column = 0; column < columns; column++) {
    let sum = out[column]!;
    for (let i = 0; i < row.length; i++) sum += row[i]! * matrix[i * columns + column]!;
    out[column] = sum;
  }
}

function softmax(logits: Float32Array): Float32Array {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const powers = Float64Array.from(logits, (logit) => Math.exp(logit - largest));
  const total = powers.reduce((a, b) => a + b);
  return Float32Array.from(powers, (power) => power / total);
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/**
 * Lets a network begin with what a narrower one has learnt: its units are taken over, and what is new feeds nothing old yet, so that the
 * wider network computes what the narrower did. After Net2Net (Chen, Goodfellow and Shlens, 2016), with random new units instead of copies.
 */

import { shapesOf, type LayerShape, type TensorShape, type Topology } from '#shared/model/topology.ts';

import { TrainerError } from '../trainer-error.ts';

type Weights = ReadonlyMap<string, Float32Array>;

const LSTM_GATES = 4;

export interface Widening {
  /** What the new units begin with, by tensor name. */
  readonly initial: Weights;
  readonly from: Topology;
  readonly to: Topology;
  /** Of a window of features. */
  readonly frames: number;
  readonly coefficients: number;
}

/**
 * The weights of `from` in the shapes of `to`, by tensor name. The last layer keeps the outputs it has.
 *
 * @throws {TrainerError} `topology_mismatch` if the layers differ in more than being wider
 */
export function widened(weights: Weights, { initial, from, to, frames, coefficients }: Widening): Map<string, Float32Array> {
  if (JSON.stringify(from.map(withoutWidth)) !== JSON.stringify(to.map(withoutWidth)))
    throw new TrainerError('topology_mismatch', `the model to start from has the layers ${namesOf(from)}, the network ${namesOf(to)}`);
  const narrow = shapesOf(from, frames, coefficients);
  const wide = shapesOf([...to.slice(0, -1), from.at(-1)!], frames, coefficients);
  return new Map(
    wide.flatMap((layer, i) =>
      layer.weights.map((tensor, j): [string, Float32Array] => {
        const places = placesOf(tensor, { wide: layer, narrowTensor: narrow[i]!.weights[j]! });
        return [tensor.name, placed(places, { old: weights.get(tensor.name), initial: initial.get(tensor.name) })];
      }),
    ),
  );
}

function withoutWidth(layer: Topology[number]): object {
  return { ...layer, filters: 0, units: 0 };
}

function namesOf(topology: Topology): string {
  return topology.map(({ type }) => type).join(', ');
}

/** For each value of a wide tensor: the place of the value it takes over, or whether it begins at zero or with its initial value. */
interface Places {
  readonly size: number;
  readonly placeOf: (index: number) => number | 'zero' | 'initial';
}

interface Layers {
  readonly wide: LayerShape;
  readonly narrowTensor: TensorShape;
}

function placesOf({ name, shape }: TensorShape, { wide, narrowTensor }: Layers): Places {
  const gates = wide.layer.type === 'lstm' ? LSTM_GATES : 1;
  const outputs = shape.at(-1)!;
  const oldOutputs = narrowTensor.shape.at(-1)!;
  const outputOf = unitMap({ groups: gates, units: outputs, oldUnits: oldOutputs, name });
  if (shape.length === 1) return { size: outputs, placeOf: (index) => outputOf(index) ?? 'initial' };
  const inputs = shape.at(-2)!;
  const oldInputs = narrowTensor.shape.at(-2)!;
  const isPerBand = wide.layer.type === 'conv2d' || name.endsWith('/recurrent');
  const inputOf = unitMap({ groups: isPerBand ? 1 : wide.bands, units: inputs, oldUnits: oldInputs, name });
  const taps = shape.slice(0, -2).reduce((product, dimension) => product * dimension, 1);
  return {
    size: taps * inputs * outputs,
    placeOf: (index) => {
      const output = outputOf(index % outputs);
      if (output === undefined) return 'initial';
      const input = inputOf(Math.floor(index / outputs) % inputs);
      if (input === undefined) return 'zero';
      const tap = Math.floor(index / (outputs * inputs));
      return (tap * oldInputs + input) * oldOutputs + output;
    },
  };
}

/** One axis of a tensor, in groups (bands, gates) of as many units each. */
interface Axis {
  readonly groups: number;
  readonly units: number;
  readonly oldUnits: number;
  /** Of the tensor. */
  readonly name: string;
}

/** Which old unit a unit is; `undefined` for a new one. */
function unitMap({ groups, units, oldUnits, name }: Axis): (unit: number) => number | undefined {
  if (oldUnits > units)
    throw new TrainerError('topology_mismatch', `${name}: the model to start from has ${oldUnits}, the network only ${units}`);
  const [inGroup, oldInGroup] = [units / groups, oldUnits / groups];
  return (unit) => (unit % inGroup < oldInGroup ? Math.floor(unit / inGroup) * oldInGroup + (unit % inGroup) : undefined);
}

function placed(
  { size, placeOf }: Places,
  { old, initial }: { old: Float32Array | undefined; initial: Float32Array | undefined },
): Float32Array {
  return Float32Array.from({ length: size }, (_, index) => {
    const place = placeOf(index);
    if (place === 'zero') return 0;
    return place === 'initial' ? initial![index]! : old![place]!;
  });
}

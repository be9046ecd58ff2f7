import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';

import { framesPerStep, shapesOf, sizeOf, TopologySchema, type Layer } from '#shared/model/topology.ts';

const CONV: Layer = { type: 'conv1d', name: 'conv', filters: 8, kernelSteps: 5 };
const POOL: Layer = { type: 'max_pool', name: 'pool', size: 2 };
const LSTM: Layer = { type: 'lstm', name: 'lstm', units: 6 };
const ATTENTION: Layer = { type: 'attention', name: 'attention' };
const LAST: Layer = { type: 'last_state', name: 'last' };
const DENSE: Layer = { type: 'dense', name: 'dense', units: 3 };

describe('the shapes of a network', () => {
  test('follow a window from frames to posteriors', () => {
    const shapes = shapesOf([CONV, POOL, LSTM, ATTENTION, DENSE], 97, 40);

    expect(shapes.map(({ steps, channels, outSteps, outChannels }) => [steps, channels, outSteps, outChannels])).toEqual([
      [97, 40, 93, 8],
      [93, 8, 46, 8],
      [46, 8, 46, 6],
      [46, 6, 1, 6],
      [1, 6, 1, 3],
    ]);
  });

  test('name every weight tensor and its shape', () => {
    const tensors = shapesOf([CONV, LSTM, ATTENTION, DENSE], 20, 40).flatMap(({ weights }) => weights);

    expect(tensors).toEqual([
      { name: 'conv/kernel', shape: [5, 40, 8] },
      { name: 'conv/bias', shape: [8] },
      { name: 'lstm/kernel', shape: [8, 24] },
      { name: 'lstm/recurrent', shape: [6, 24] },
      { name: 'lstm/bias', shape: [24] },
      { name: 'attention/query', shape: [6] },
      { name: 'dense/kernel', shape: [6, 3] },
      { name: 'dense/bias', shape: [3] },
    ]);
  });

  test('need no weights to take the last state', () => {
    const last = shapesOf([LSTM, LAST, DENSE], 4, 40)[1];

    expect(last).toMatchObject({ weights: [], outSteps: 1, outChannels: 6 });
  });

  const frontEnd = fc.array(
    fc.oneof(
      fc.record({
        type: fc.constant('conv1d' as const),
        name: fc.constant('c'),
        filters: fc.nat(9).map((n) => n + 1),
        kernelSteps: fc.integer({ min: 1, max: 6 }),
      }),
      fc.record({ type: fc.constant('max_pool' as const), name: fc.constant('p'), size: fc.integer({ min: 1, max: 3 }) }),
    ),
    { maxLength: 5 },
  );

  test.prop([frontEnd, fc.integer({ min: 0, max: 60 })])(
    'chain: what a layer gives the next one takes; no layer is left without a step',
    (layers, frames) => {
      const topology: Layer[] = [...layers, LSTM, LAST, DENSE];
      const stepsLeft = layers.reduce(
        (steps, layer) => (layer.type === 'conv1d' ? Math.max(0, steps - layer.kernelSteps + 1) : Math.floor(steps / layer.size)),
        frames,
      );

      if (stepsLeft === 0) {
        expect(() => shapesOf(topology, frames, 40)).toThrow(RangeError);
        return;
      }
      const shapes = shapesOf(topology, frames, 40);
      shapes.slice(1).forEach((shape, i) => {
        expect([shape.steps, shape.channels]).toEqual([shapes[i]!.outSteps, shapes[i]!.outChannels]);
      });
    },
  );
});

describe('the order of layers', () => {
  test.each<[string, Layer[]]>([
    ['an LSTM before a convolution', [LSTM, CONV, LAST, DENSE]],
    ['a pool behind an LSTM', [LSTM, POOL, LAST, DENSE]],
    ['no pooling over the window', [CONV, LSTM, DENSE]],
    ['two poolings over the window', [LSTM, ATTENTION, LAST, DENSE]],
    ['no dense layer', [LSTM, LAST]],
    ['two dense layers', [LSTM, LAST, DENSE, DENSE]],
    ['a dense layer before the pooling', [LSTM, DENSE, LAST]],
  ])('is refused with %s', (_, topology) => {
    expect(() => shapesOf(topology, 97, 40)).toThrow(/expected convolutions and pools, then LSTMs/);
  });

  test('may leave out convolutions or LSTMs', () => {
    expect(shapesOf([LAST, DENSE], 97, 40)).toHaveLength(2);
    expect(shapesOf([CONV, LAST, DENSE], 97, 40)).toHaveLength(3);
  });
});

test('a step is as many frames as all pools together', () => {
  expect(framesPerStep([CONV, POOL, CONV, { ...POOL, size: 4 }, LSTM, LAST, DENSE])).toBe(8);
  expect(framesPerStep([LAST, DENSE])).toBe(1);
});

test('the size of a shape is the product of its dimensions', () => {
  expect(sizeOf([5, 40, 8])).toBe(1600);
  expect(sizeOf([])).toBe(1);
});

test.each([
  ['a layer of an unknown type', [{ type: 'gru', name: 'gru', units: 4 }, DENSE]],
  ['a name that could be a path', [{ ...LSTM, name: '../x' }, DENSE]],
  ['a kernel of no steps', [{ ...CONV, kernelSteps: 0 }, DENSE]],
  ['a field it does not know', [{ ...LSTM, dropout: 0.1 }, DENSE]],
  ['one layer alone', [DENSE]],
])('the schema refuses %s', (_, topology) => {
  expect(TopologySchema.safeParse(topology).success).toBe(false);
});

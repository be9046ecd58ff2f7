import { describe, expect, test } from 'vitest';

import { attention, conv1d, dense, lastState, lstm, maxPool } from '#shared/model/reference-layers.ts';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

function activations(rows: readonly (readonly number[])[]): { steps: number; channels: number; values: Float32Array } {
  return { steps: rows.length, channels: rows[0]?.length ?? 0, values: Float32Array.from(rows.flat()) };
}

describe('the layers of the reference engine', () => {
  test('a convolution sums over kernel steps and channels, adds the bias and cuts off what is negative', () => {
    const input = activations([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    // kernel [2 steps, 2 channels, 2 filters]
    const kernel = Float32Array.of(1, -1, 10, 0, 100, 0, 1000, 0);

    const output = conv1d(input, kernel, Float32Array.of(0.5, 0.5));

    expect(output).toMatchObject({ steps: 2, channels: 2 });
    expect([...output.values]).toEqual([1 + 20 + 300 + 4000 + 0.5, 0, 3 + 40 + 500 + 6000 + 0.5, 0]);
  });

  test('a pool takes the largest of each group and drops the steps that fill none', () => {
    const output = maxPool(
      activations([
        [-3, 1],
        [-2, 0],
        [5, 5],
        [4, 9],
        [100, 100],
      ]),
      2,
    );

    expect(output).toMatchObject({ steps: 2, channels: 2 });
    expect([...output.values]).toEqual([-2, 1, 5, 9]);
  });

  test('an LSTM has its gates in the order input, forget, cell, output, and starts from zeros', () => {
    const weights = {
      kernel: Float32Array.of(0.1, 0.2, 0.3, 0.4),
      recurrent: Float32Array.of(0.5, 0.6, 0.7, 0.8),
      bias: Float32Array.of(0.01, 0.02, 0.03, 0.04),
    };

    const { values } = lstm(activations([[2], [-1]]), weights);

    const cell1 = sigmoid(0.21) * Math.tanh(0.63);
    const hidden1 = sigmoid(0.84) * Math.tanh(cell1);
    const gate = (bias: number, kernel: number, recurrent: number): number => bias - kernel + recurrent * hidden1;
    const cell2 = sigmoid(gate(0.02, 0.2, 0.6)) * cell1 + sigmoid(gate(0.01, 0.1, 0.5)) * Math.tanh(gate(0.03, 0.3, 0.7));
    const hidden2 = sigmoid(gate(0.04, 0.4, 0.8)) * Math.tanh(cell2);
    expect(values[0]).toBeCloseTo(hidden1, 6);
    expect(values[1]).toBeCloseTo(hidden2, 6);
  });

  test('attention weighs steps by the softmax of their product with the query', () => {
    const output = attention(
      activations([
        [1, 0],
        [0, 1],
      ]),
      Float32Array.of(Math.log(3), 0),
    );

    expect(output.steps).toBe(1);
    expect(output.values[0]).toBeCloseTo(0.75, 6);
    expect(output.values[1]).toBeCloseTo(0.25, 6);
  });

  test('the last state is the last step', () => {
    expect([
      ...lastState(
        activations([
          [1, 2],
          [3, 4],
        ]),
      ).values,
    ]).toEqual([3, 4]);
  });

  test('the dense layer gives posteriors, however large the logits', () => {
    const output = dense(activations([[1000]]), Float32Array.of(1, 1, 0), Float32Array.of(0, Math.log(3), 0));

    expect(output.values[0]).toBeCloseTo(0.25, 4);
    expect(output.values[1]).toBeCloseTo(0.75, 4);
    expect(output.values[2]).toBe(0);
  });
});

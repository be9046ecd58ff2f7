/** A moving average of a network's weights, which does better than the weights of any one step (Polyak and Juditsky, 1992). */

import * as tf from '@tensorflow/tfjs-node';

/** Follows a set of variables. */
export class WeightAverage {
  readonly #decay: number;
  readonly #pairs: readonly { readonly variable: tf.Variable; readonly average: tf.Variable }[];

  /** @param decay - how much of the average a step keeps; 0 makes the average the last step's weights */
  constructor(variables: readonly tf.Variable[], decay: number) {
    this.#decay = decay;
    this.#pairs = variables.map((variable) => ({ variable, average: tf.variable(variable, false) }));
  }

  /** What a checkpoint must hold. */
  get variables(): readonly tf.Variable[] {
    return this.#pairs.map(({ average }) => average);
  }

  /** Takes in the weights after step `step`, counted from 0. Early averages are short, so that the first weights do not linger. */
  update(step: number): void {
    const decay = Math.min(this.#decay, (1 + step) / (10 + step));
    tf.tidy(() => {
      for (const { variable, average } of this.#pairs) average.assign(tf.add(tf.mul(average, decay), tf.mul(variable, 1 - decay)));
    });
  }

  /** Runs `action` with the averages in place of the weights. */
  async during<T>(action: () => Promise<T>): Promise<T> {
    const weights = this.#pairs.map(({ variable }) => variable.clone());
    try {
      for (const { variable, average } of this.#pairs) variable.assign(average);
      return await action();
    } finally {
      this.#pairs.forEach(({ variable }, i) => variable.assign(weights[i]!));
      tf.dispose(weights);
    }
  }

  dispose(): void {
    tf.dispose(this.#pairs.map(({ average }) => average));
  }
}

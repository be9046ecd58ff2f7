/** AdamW (Loshchilov and Hutter, 2019): Adam with weight decay apart from the gradient, after clipping by global norm. */

import * as tf from '@tensorflow/tfjs-node';

const BETA1 = 0.9;
const BETA2 = 0.98; // shorter memory than 0.999: some thousands of steps is all a training has
const EPSILON = 1e-8;

interface Slot {
  readonly variable: tf.Variable;
  readonly decays: boolean;
  readonly momentum: tf.Variable;
  readonly velocity: tf.Variable;
}

/** Updates a set of variables in place. */
export class AdamW {
  readonly #slots: readonly Slot[];
  readonly #weightDecay: number;
  readonly #gradientClip: number;
  #steps = 0;

  constructor(variables: readonly { variable: tf.Variable; decays: boolean }[], options: { weightDecay: number; gradientClip: number }) {
    this.#weightDecay = options.weightDecay;
    this.#gradientClip = options.gradientClip;
    this.#slots = variables.map(({ variable, decays }) => ({
      variable,
      decays,
      momentum: tf.variable(tf.zerosLike(variable), false),
      velocity: tf.variable(tf.zerosLike(variable), false),
    }));
  }

  /** Steps taken. */
  get steps(): number {
    return this.#steps;
  }

  /** What a checkpoint must hold, beside `steps`. */
  get variables(): readonly tf.Variable[] {
    return this.#slots.flatMap(({ momentum, velocity }) => [momentum, velocity]);
  }

  /** Goes on after `steps` steps, whose momenta are in `variables`. */
  resumeAt(steps: number): void {
    this.#steps = steps;
  }

  /** One step along `gradients`, by variable name. */
  apply(gradients: tf.NamedTensorMap, learningRate: number): void {
    this.#steps++;
    tf.tidy(() => {
      const clip = this.#clipFactor(gradients);
      const rate = (learningRate * Math.sqrt(1 - BETA2 ** this.#steps)) / (1 - BETA1 ** this.#steps);
      for (const { variable, decays, momentum, velocity } of this.#slots) {
        const gradient = tf.mul(gradients[variable.name]!, clip);
        momentum.assign(tf.add(tf.mul(momentum, BETA1), tf.mul(gradient, 1 - BETA1)));
        velocity.assign(tf.add(tf.mul(velocity, BETA2), tf.mul(tf.square(gradient), 1 - BETA2)));
        const step = tf.mul(tf.div(momentum, tf.add(tf.sqrt(velocity), EPSILON)), rate);
        const decayed = decays ? tf.mul(variable, 1 - learningRate * this.#weightDecay) : variable;
        variable.assign(tf.sub(decayed, step));
      }
    });
  }

  #clipFactor(gradients: tf.NamedTensorMap): tf.Scalar {
    const squares = Object.values(gradients).map((gradient) => tf.sum<tf.Scalar>(tf.square(gradient)));
    const norm: tf.Scalar = tf.sqrt(tf.addN(squares));
    return tf.minimum(1, tf.div(this.#gradientClip, tf.add(norm, EPSILON)));
  }

  dispose(): void {
    tf.dispose([...this.variables]);
  }
}

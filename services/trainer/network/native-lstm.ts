/** TensorFlow's fused LSTM over a whole sequence, forward and backward: some forty times faster than the layer built of small operations. */

import * as tf from '@tensorflow/tfjs-node';

import { executeNative, floatType, int64, nativeAttributes, type NativeInput } from './native-operations.ts';

/** The weights of one LSTM; gates in the order input, forget, cell, output. */
export interface LstmWeights {
  /** `[inputs + units, 4·units]`: the kernel above the recurrent kernel */
  readonly kernel: tf.Tensor2D;
  /** `[4·units]` */
  readonly bias: tf.Tensor1D;
}

const FORWARD_OUTPUTS = 7;
const BACKWARD_OUTPUTS = 8;
const [X_GRADIENT, WEIGHT_GRADIENT, BIAS_GRADIENT] = [0, 3, 7];
const HIDDEN_STATES = 6;

/**
 * Runs an LSTM from a zero state.
 *
 * @param input - `[steps, batch, inputs]`
 * @returns hidden states `[steps, batch, units]`
 */
export function nativeLstm(input: tf.Tensor3D, { kernel, bias }: LstmWeights): tf.Tensor3D {
  const [steps, batch] = input.shape;
  const units = bias.shape[0] / 4;
  const operation = tf.customGrad((...inputs) => {
    const [x, w, b, save] = inputs;
    const forward = forwardInputs(x as tf.Tensor3D, w as tf.Tensor2D, { b: b as tf.Tensor1D, steps, batch, units });
    const outputs = executeNative({
      name: 'BlockLSTMV2',
      attributes: attributes({ cell_clip: 0 }),
      inputs: forward,
      outputs: FORWARD_OUTPUTS,
    });
    (save as tf.GradSaveFunc)([x as tf.Tensor, w as tf.Tensor, b as tf.Tensor, ...outputs]);
    return { value: outputs[HIDDEN_STATES]!, gradFunc: (gradient, saved) => backward(gradient as tf.Tensor3D, saved) };
  });
  return operation(input, kernel, bias) as tf.Tensor3D;
}

function backward(gradient: tf.Tensor3D, saved: tf.Tensor[]): tf.Tensor[] {
  const [x, w, b, ...outputs] = saved as [tf.Tensor3D, tf.Tensor2D, tf.Tensor1D, ...tf.Tensor[]];
  const [steps, batch] = x.shape;
  const units = b.shape[0] / 4;
  const inputs = [...forwardInputs(x, w, { b, steps, batch, units }), ...outputs, tf.zerosLike(gradient), gradient];
  const gradients = executeNative({ name: 'BlockLSTMGradV2', attributes: attributes({}), inputs, outputs: BACKWARD_OUTPUTS });
  return [gradients[X_GRADIENT]!, gradients[WEIGHT_GRADIENT]!, gradients[BIAS_GRADIENT]!];
}

interface LstmSize {
  readonly b: tf.Tensor1D;
  readonly steps: number;
  readonly batch: number;
  readonly units: number;
}

/** seq_len_max, x, cs_prev, h_prev, w, wci, wcf, wco, b; the peephole weights are there but unused. */
function forwardInputs(x: tf.Tensor3D, w: tf.Tensor2D, { b, steps, batch, units }: LstmSize): NativeInput[] {
  const state = tf.zeros([batch, units]);
  const peephole = tf.zeros([units]);
  return [int64(steps), x, state, state, w, peephole, peephole, peephole, b];
}

function attributes(more: Readonly<Record<string, number>>): ReturnType<typeof nativeAttributes> {
  return nativeAttributes({ T: floatType(), use_peephole: false, ...more });
}

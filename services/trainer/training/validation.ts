/** Accuracy of the network under training on clips it does not learn from. */

import * as tf from '@tensorflow/tfjs-node';

import type { CnnLstm } from '../network/cnn-lstm.ts';

/** Clips as the network takes them. */
export interface LabelledFeatures {
  /** `[clips, frames, coefficients]`, normalised */
  readonly features: Float32Array;
  /** `[clips]` */
  readonly labels: Int32Array;
  readonly frames: number;
  readonly coefficients: number;
}

const BATCH = 256;

/** The share of clips whose likeliest label is right. */
export async function accuracyOn(network: CnnLstm, { features, labels, frames, coefficients }: LabelledFeatures): Promise<number> {
  const width = frames * coefficients;
  let correct = 0;
  for (let first = 0; first < labels.length; first += BATCH) {
    const size = Math.min(BATCH, labels.length - first);
    const predictions = tf.tidy(() => {
      const input = tf.tensor3d(features.subarray(first * width, (first + size) * width), [size, frames, coefficients]);
      return tf.argMax(network.logits(input), 1);
    });
    const predicted = await predictions.data();
    predictions.dispose();
    for (let i = 0; i < size; i++) correct += Number(predicted[i] === labels[first + i]);
  }
  return correct / labels.length;
}

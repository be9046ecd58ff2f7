/** One step of training: loss and gradients of a batch, then the optimiser. */

import * as tf from '@tensorflow/tfjs-node';

import type { Batch } from '../corpus/batch-maker.ts';
import type { CnnLstm } from '../network/cnn-lstm.ts';
import { TrainerError } from '../trainer-error.ts';
import type { AdamW } from './adam-w.ts';

export interface StepContext {
  readonly network: CnnLstm;
  readonly optimiser: AdamW;
  readonly shape: { readonly frames: number; readonly coefficients: number; readonly labels: number };
  readonly labelSmoothing: number;
}

export interface StepResult {
  readonly loss: number;
  /** The share of the batch that was classified rightly, with dropout and augmentation. */
  readonly accuracy: number;
}

/** @throws {TrainerError} `loss_not_finite` */
export async function trainStep(
  batch: Batch,
  context: StepContext,
  { step, learningRate }: { step: number; learningRate: number },
): Promise<StepResult> {
  const { optimiser } = context;
  const results = tf.tidy(() => {
    let accuracy = tf.scalar(0);
    const { value, grads } = tf.variableGrads(() => {
      const { loss, correct } = lossOf(batch, context, step);
      accuracy = tf.keep(correct);
      return loss;
    });
    optimiser.apply(grads, learningRate);
    return [value, accuracy] as const;
  });
  const [loss, accuracy] = await Promise.all(results.map(async (scalar) => (await scalar.data())[0]!));
  tf.dispose([...results]);
  if (!Number.isFinite(loss))
    throw new TrainerError(
      'loss_not_finite',
      `the loss became ${loss} in step ${step}, at learning rate ${learningRate.toPrecision(3)}; failed-batch.json in the run's folder names the clips of the batch. A lower train.learningRate is the usual cure`,
    );
  return { loss: loss!, accuracy: accuracy! };
}

function lossOf(batch: Batch, { network, shape, labelSmoothing }: StepContext, step: number): { loss: tf.Scalar; correct: tf.Scalar } {
  const { frames, coefficients, labels } = shape;
  const logits = network.logits(tf.tensor3d(batch.features, [batch.labels.length, frames, coefficients]), step);
  const truth = tf.tensor1d(batch.labels, 'int32');
  const target = tf.add(tf.mul(tf.tensor2d(batch.targets, [batch.labels.length, labels]), 1 - labelSmoothing), labelSmoothing / labels);
  const loss = tf.neg(tf.mean(tf.sum(tf.mul(target, tf.logSoftmax(logits)), 1)));
  const correct = tf.mean(tf.cast(tf.equal(tf.argMax(logits, 1), truth), 'float32'));
  return { loss: loss as tf.Scalar, correct: correct as tf.Scalar };
}

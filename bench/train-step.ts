/**
 * What a step of training costs: `npm run bench:train`. The network of the design's table (convolutions 64-96-128 over 5 frames, pools
 * 2-2-2, two LSTMs of 128) in batches of 256, our step against `LayersModel.trainOnBatch`. They take turns in one process, so that a busy
 * machine slows both; on a quiet one the milliseconds hold, on a busy one the ratio does.
 */

import { parseArgs } from 'node:util';

import * as tf from '@tensorflow/tfjs-node';

import type { NetworkConfig } from '../services/trainer/config.ts';
import { CnnLstm } from '../services/trainer/network/cnn-lstm.ts';
import { randomFor } from '../services/trainer/random.ts';
import { AdamW } from '../services/trainer/training/adam-w.ts';
import { trainStep } from '../services/trainer/training/train-step.ts';
import { machine } from './report.ts';
import { writeResult } from './result-file.ts';

const [BATCH, FRAMES, COEFFICIENTS, LABELS] = [256, 97, 40, 25];
const NETWORK: NetworkConfig = {
  bandConvolutions: [],
  convolutions: [64, 96, 128].map((filters) => ({ filters, kernelSteps: 5, pool: 2 })),
  lstmUnits: [128, 128],
  pooling: 'last_state',
  dropout: 0,
};
const DEFAULT_ROUNDS = 30;
const LEARNING_RATE = 1e-3;
/** Then no round begins any more, and those that were measured are told. */
const LIMIT_MS = 4 * 60_000;
/** The project's promise for a network of this size, on the machine of the design's table. */
const TARGET_MS = 1;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { help: { type: 'boolean' }, out: { type: 'string' } } });
if (values.help) {
  process.stdout.write(
    `npm run bench:train [-- ROUNDS] [-- --out FOLDER]: a step of training against LayersModel.trainOnBatch, in ${DEFAULT_ROUNDS} rounds by turns, ` +
      'four minutes at most; writes train.json and train.md into bench/results\n',
  );
  process.exit(0);
}

const random = randomFor(1);
const features = Float32Array.from({ length: BATCH * FRAMES * COEFFICIENTS }, () => random.between(-1, 1));
const labels = Int32Array.from({ length: BATCH }, () => random.below(LABELS));
const targets = Float32Array.from({ length: BATCH * LABELS }, (_, i) => Number(i % LABELS === labels[Math.floor(i / LABELS)]));
const contenders = [
  { name: 'the trainer', step: ourStep(), msPerSample: [] as number[] },
  { name: 'LayersModel.trainOnBatch', step: plainStep(), msPerSample: [] as number[] },
];
await takeTurns(Number(positionals[0] ?? DEFAULT_ROUNDS));
const [ours, plain] = contenders.map(({ msPerSample }) => msPerSample);
const timesAsFast = quantile(
  ours!.map((ms, round) => plain![round]! / ms),
  0.5,
);
const rows = contenders.map(({ name, msPerSample }) => {
  const [least, median, most] = [0, 0.5, 1].map((share) => quantile(msPerSample, share));
  return { name, medianMs: median!, leastMs: least!, mostMs: most! };
});
const text = table();
writeResult('train', {
  figures: { batch: BATCH, rounds: ours!.length, targetMs: TARGET_MS, timesAsFast, contenders: rows },
  markdown: text,
  ...(values.out !== undefined && { folder: values.out }),
});
process.stdout.write(text);

async function takeTurns(rounds: number): Promise<void> {
  const startedMs = performance.now();
  for (let round = 0; round <= rounds && (round < 2 || performance.now() - startedMs < LIMIT_MS); round++) {
    for (const { step, msPerSample } of contenders) {
      const stepStartedMs = performance.now();
      await step();
      if (round > 0) msPerSample.push((performance.now() - stepStartedMs) / BATCH); // the first round warms up
    }
  }
}

function table(): string {
  const lines = rows.map(({ name, medianMs, leastMs, mostMs }, i) => {
    const target = i === 0 ? `≤ ${TARGET_MS.toFixed(1)}` : '';
    return `| ${name} | ${target} | ${medianMs.toFixed(2)} | ${leastMs.toFixed(2)} – ${mostMs.toFixed(2)} |`;
  });
  return [
    `Convolutions 64-96-128, two LSTMs of 128, 374 k weights; batches of ${BATCH}, ${ours!.length} rounds by turns; ${machine()}.`,
    '',
    '| way | to reach | ms a sample and step, median | least – most |',
    '| --- | --- | --- | --- |',
    ...lines,
    '',
    `The trainer is ${timesAsFast.toFixed(1)} times as fast (median of the rounds).`,
    '',
  ].join('\n');
}

function ourStep(): () => Promise<unknown> {
  const network = new CnnLstm(NETWORK, { coefficients: COEFFICIENTS, labels: LABELS, seed: 1 });
  const optimiser = new AdamW(network.trainable(), { weightDecay: 0.01, gradientClip: 1 });
  const shape = { frames: FRAMES, coefficients: COEFFICIENTS, labels: LABELS };
  let step = 0;
  return () =>
    trainStep(
      { features, labels, targets },
      { network, optimiser, shape, labelSmoothing: 0.05 },
      { step: step++, learningRate: LEARNING_RATE },
    );
}

function plainStep(): () => Promise<unknown> {
  const model = tf.sequential();
  NETWORK.convolutions.forEach(({ filters, kernelSteps, pool }, i) => {
    model.add(tf.layers.conv1d({ filters, kernelSize: kernelSteps, ...(i === 0 && { inputShape: [FRAMES, COEFFICIENTS] }) }));
    model.add(tf.layers.batchNormalization());
    model.add(tf.layers.reLU());
    model.add(tf.layers.maxPooling1d({ poolSize: pool }));
  });
  NETWORK.lstmUnits.forEach((units, i) => {
    model.add(tf.layers.lstm({ units, returnSequences: i < NETWORK.lstmUnits.length - 1 }));
  });
  model.add(tf.layers.dense({ units: LABELS, activation: 'softmax' }));
  model.compile({ optimizer: tf.train.adam(LEARNING_RATE), loss: 'sparseCategoricalCrossentropy' });
  const x = tf.tensor3d(features, [BATCH, FRAMES, COEFFICIENTS]);
  const y = tf.tensor2d(Float32Array.from(labels), [BATCH, 1]);
  return () => model.trainOnBatch(x, y);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

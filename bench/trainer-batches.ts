/**
 * How many training examples a core makes in a second of its time, with each augmentation: `node --import tsx bench/trainer-batches.ts
 * [key=value …]`. The choices take turns; on a busy machine the ratio to `augment=standard` is what holds.
 */

import { createKernelExtractor } from '#shared/kernel/kernel-extractor.ts';

import { composeConfig } from '../services/trainer/configuration/compose.ts';
import { BatchMaker, logMelFeatures, type BatchSource } from '../services/trainer/corpus/batch-maker.ts';
import type { SampleStore } from '../services/trainer/corpus/sample-store.ts';
import { compileKernel } from '../services/trainer/kernel.ts';
import { randomFor } from '../services/trainer/random.ts';

const CHOICES = ['augment=none', 'augment=standard', 'augment=strong', 'augment=rooms'];
const ROUNDS = 3;
const RECORDINGS = 64;

const kernel = await compileKernel();
const sounds = {
  words: recordingsOf(RECORDINGS, 16_000),
  speech: recordingsOf(8, 80_000),
  noise: recordingsOf(8, 80_000),
  rooms: recordingsOf(15, 32_000),
};
const makers = await Promise.all(CHOICES.map(async (choice) => ({ choice, seconds: [] as number[], ...(await makerOf(choice)) })));
for (let round = 0; round <= ROUNDS; round++) {
  for (const { maker, seconds } of makers) {
    const started = process.cpuUsage();
    maker.batch(0, round);
    const { user, system } = process.cpuUsage(started);
    if (round > 0) seconds.push((user + system) / 1e6); // the first round warms up
  }
}
const rates = makers.map(({ choice, seconds, batchSize }) => ({ choice, rate: batchSize / median(seconds) }));
const standard = rates.find(({ choice }) => choice === 'augment=standard')!.rate;
for (const { choice, rate } of rates) {
  process.stdout.write(
    `${choice.padEnd(18)} ${rate.toFixed(0).padStart(6)} examples a second of a core   ${(rate / standard).toFixed(2)} × standard\n`,
  );
}

async function makerOf(choice: string): Promise<{ maker: BatchMaker; batchSize: number }> {
  const { config } = await composeConfig({ overrides: [choice, ...process.argv.slice(2)] });
  const { coefficients } = config.features;
  const source: BatchSource = {
    config,
    ...sounds,
    clipLabels: Array.from({ length: RECORDINGS }, (_, i) => config.keywords[i % config.keywords.length]!),
    normalisation: { mean: new Array<number>(coefficients).fill(0), deviation: new Array<number>(coefficients).fill(1) },
  };
  const extractor = await createKernelExtractor(kernel, logMelFeatures(config.features));
  return { maker: new BatchMaker(source, extractor), batchSize: config.training.batchSize };
}

function recordingsOf(count: number, samplesEach: number): SampleStore {
  const random = randomFor(count, samplesEach);
  const samples = new Int16Array(new SharedArrayBuffer(2 * count * samplesEach));
  for (let n = 0; n < samples.length; n++) samples[n] = random.between(-3000, 3000);
  return { samples, starts: Float64Array.from({ length: count + 1 }, (_, i) => i * samplesEach) };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

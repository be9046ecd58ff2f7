/** What chance decides, the seed decides. */

import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, onTestFinished, test } from 'vitest';

import type { TrainerConfig } from '../../../../services/trainer/config.ts';
import { train } from '../../../../services/trainer/training/train.ts';
import { writeToneCorpus } from '../../../helpers/tone-corpus.ts';
import { TONE_CONFIG } from '../../../helpers/tone-training.ts';

/** What two threads may differ by, for they do not add in the same order. */
const SAME_SHARE = 0.002;

test('the same seed gives the same figures', { timeout: 120_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kws-seed-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await writeToneCorpus(directory, 8);

  const [first, second] = [await figuresOf(directory, 'a'), await figuresOf(directory, 'b')];

  expect(Math.abs(first.validationAccuracy - second.validationAccuracy)).toBeLessThanOrEqual(SAME_SHARE);
  expect(Math.abs(first.loss - second.loss)).toBeLessThan(0.005);
});

test.skipIf(!canPin())('on one core the same seed gives the same model, bit for bit', { timeout: 240_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kws-seed-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await writeToneCorpus(directory, 8);

  const first = await weightsOnOneCore(directory, 'a');
  const second = await weightsOnOneCore(directory, 'b');

  expect(Buffer.compare(first, second)).toBe(0);
});

/** Linux pins a process to a core; then TensorFlow computes with one thread. */
function canPin(): boolean {
  return spawnSync('taskset', ['--cpu-list', '0', 'true']).status === 0;
}

async function weightsOnOneCore(dataDirectory: string, name: string): Promise<Buffer> {
  const runDirectory = join(dataDirectory, name);
  const trainer = ['node', '--import', 'tsx', 'services/trainer/main.ts', 'train', '--data', dataDirectory, '--out', runDirectory];
  const groups = ['model=small', 'train=quick', 'train.epochs=2', 'train.batchSize=16', 'data.keywords=[low,high]'];
  const examples = { rareWordRepeats: 1, partialWords: 8, otherSpeech: 0, silence: 16 };
  const overrides = Object.entries(examples).map(([key, count]) => `data.examples.${key}=${count}`);
  const environment = { ...process.env, MLFLOW_TRACKING_URI: `file:${join(dataDirectory, 'mlruns')}` };
  await promisify(execFile)('taskset', ['--cpu-list', '0', ...trainer, ...groups, ...overrides], { env: environment });
  return readFile(join(runDirectory, 'weights.bin'));
}

async function figuresOf(dataDirectory: string, name: string): Promise<{ loss: number; validationAccuracy: number }> {
  const runDirectory = join(dataDirectory, name);
  await train(SMALL_CONFIG, {
    dataDirectory,
    runDirectory,
    provenance: { runId: name, commit: 'unknown' },
    signal: new AbortController().signal,
  });
  const lines = (await readFile(join(runDirectory, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  return JSON.parse(lines.at(-1)!) as { loss: number; validationAccuracy: number };
}

const SMALL_CONFIG: TrainerConfig = {
  ...TONE_CONFIG,
  examples: { ...TONE_CONFIG.examples, partialWords: 8 },
  network: { ...TONE_CONFIG.network, dropout: 0.1 },
  training: { ...TONE_CONFIG.training, epochs: 2, learningRate: 0.005 },
};

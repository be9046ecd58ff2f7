/** A whole training on tones: real recordings on disk in, an artefact out that production reads and agrees with. */

import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { writeWav } from '#shared/audio/wav.ts';
import { referenceEngine } from '#shared/model/reference-engine.ts';

import { evaluate } from '../../../../services/trainer/evaluation/evaluate.ts';
import { recordEvaluation } from '../../../../services/trainer/evaluation/report/record.ts';
import { loadArtefact } from '../../../../services/trainer/artefact-files.ts';
import { randomFor } from '../../../../services/trainer/random.ts';
import { train } from '../../../../services/trainer/training/train.ts';
import { TONE_CONFIG as CONFIG, TONE_OPTIONS as OPTIONS } from '../../../helpers/tone-training.ts';

const WORDS = { low: 400, high: 1800, other: 3500 } as const;

test('learns to tell tones apart, and its artefact says the same in production', { timeout: 120_000 }, async () => {
  const directory = await temporaryDirectory();
  await writeTones(directory);
  const runDirectory = join(directory, 'run');

  const { validationAccuracy } = await train(CONFIG, { dataDirectory: directory, runDirectory, ...OPTIONS });
  const evaluation = await evaluate({ modelDirectory: runDirectory, dataDirectory: directory, split: 'test', engine: referenceEngine });
  await recordEvaluation(runDirectory, evaluation);

  expect(validationAccuracy).toBeGreaterThan(0.8);
  expect(evaluation.allLabels.accuracy).toBeGreaterThan(0.8);
  const { manifest } = await loadArtefact(runDirectory);
  expect(manifest).toMatchObject({ name: 'tones', labels: ['low', 'high', '_unknown_', '_silence_'], training: { seed: CONFIG.seed } });
  expect(manifest.metrics).toEqual({ validationAccuracy, testAccuracy: evaluation.allLabels.accuracy });
  expect((await readFile(join(runDirectory, 'metrics.jsonl'), 'utf8')).trim().split('\n')).toHaveLength(5);
});

test('goes on after a kill to the same model', { timeout: 120_000 }, async () => {
  const directory = await temporaryDirectory();
  await writeTones(directory);
  const config = { ...CONFIG, network: { ...CONFIG.network, dropout: 0.2 }, training: { ...CONFIG.training, epochs: 3 } };
  const runOf = (name: string): string => join(directory, name);
  const trained = (name: string, signal: AbortSignal) =>
    train(config, { ...OPTIONS, dataDirectory: directory, runDirectory: runOf(name), signal });
  const killed = new AbortController();
  abortAfter(killed, { epochs: 1, metrics: join(runOf('killed'), 'metrics.jsonl') });

  await trained('killed', killed.signal);
  const { bestEpoch } = await trained('killed', OPTIONS.signal);
  const whole = await trained('whole', OPTIONS.signal);

  const losses = async (name: string): Promise<number[]> =>
    (await readFile(join(runOf(name), 'metrics.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { loss: number }).loss);
  const [afterKill, uninterrupted] = [await losses('killed'), await losses('whole')];
  expect(bestEpoch).toBe(whole.bestEpoch);
  expect(afterKill).toHaveLength(3);
  afterKill.forEach((loss, epoch) => {
    expect(loss).toBeCloseTo(uninterrupted[epoch]!, 2); // two threads do not add in the same order
  });
});

test.each([
  { keep: 'best', epoch: 1 },
  { keep: 'last', epoch: 2 },
] as const)('keeps the $keep epoch', { timeout: 120_000 }, async ({ keep, epoch }) => {
  const directory = await temporaryDirectory();
  await writeTones(directory);
  const training = { ...CONFIG.training, epochs: 2, learningRate: 1e-12, keep }; // the second epoch is as good as the first

  const { bestEpoch } = await train(
    { ...CONFIG, training },
    { ...OPTIONS, dataDirectory: directory, runDirectory: join(directory, 'run') },
  );

  expect(bestEpoch).toBe(epoch);
});

test('does not go on from a training of another configuration', { timeout: 120_000 }, async () => {
  const directory = await temporaryDirectory();
  await writeTones(directory);
  const run = { ...OPTIONS, dataDirectory: directory, runDirectory: join(directory, 'run') };
  const config = { ...CONFIG, training: { ...CONFIG.training, epochs: 1 } };
  await train(config, run);

  const training = train({ ...config, seed: config.seed + 1 }, run);

  await expect(training).rejects.toMatchObject({ code: 'checkpoint_mismatch' });
});

test('stops at a loss that is no number, and names the clips of the batch', { timeout: 120_000 }, async () => {
  const directory = await temporaryDirectory();
  await writeTones(directory);
  const runDirectory = join(directory, 'run');
  const config = { ...CONFIG, training: { ...CONFIG.training, learningRate: 1e30, warmUpEpochs: 0 } };

  const training = train(config, { ...OPTIONS, dataDirectory: directory, runDirectory });

  await expect(training).rejects.toMatchObject({ code: 'loss_not_finite' });
  const { examples } = JSON.parse(await readFile(join(runDirectory, 'failed-batch.json'), 'utf8')) as { examples: { clip?: string }[] };
  expect(examples).toHaveLength(config.training.batchSize);
  expect(examples.some(({ clip }) => clip?.endsWith('.wav'))).toBe(true);
});

test('says which folder is wrong before it reads a clip', async () => {
  const directory = await temporaryDirectory();

  const training = train(CONFIG, { dataDirectory: directory, runDirectory: join(directory, 'run'), ...OPTIONS });

  await expect(training).rejects.toMatchObject({ code: 'data_not_found' });
});

test('names the clip that cannot be read', async () => {
  const directory = await temporaryDirectory();
  await writeTones(directory);
  await writeFile(join(directory, 'speech_commands', 'low', 'broken.wav'), 'not sound');

  const training = train(CONFIG, { dataDirectory: directory, runDirectory: join(directory, 'run'), ...OPTIONS });

  await expect(training).rejects.toMatchObject({ code: 'unreadable_clip', message: expect.stringContaining('broken.wav') as unknown });
});

/** As a kill would: in the middle of the epoch after those. */
function abortAfter(controller: AbortController, { epochs, metrics }: { epochs: number; metrics: string }): void {
  const watch = setInterval(() => {
    const lines = existsSync(metrics) ? readFileSync(metrics, 'utf8').split('\n').length - 1 : 0;
    if (lines < epochs) return;
    clearInterval(watch);
    controller.abort();
  }, 5);
  onTestFinished(() => {
    clearInterval(watch);
  });
}

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'kws-train-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Tones of three pitches as "words": 24 clips each to learn from, 6 for validation and 6 for the test; and one recording of noise. */
async function writeTones(directory: string): Promise<void> {
  const commands = join(directory, 'speech_commands');
  const lists: Record<'validation_list.txt' | 'testing_list.txt', string[]> = { 'validation_list.txt': [], 'testing_list.txt': [] };
  for (const [word, hz] of Object.entries(WORDS)) {
    await mkdir(join(commands, word), { recursive: true });
    for (let clip = 0; clip < 36; clip++) {
      await writeFile(join(commands, word, `${clip}.wav`), writeWav(tone(hz, clip), 16_000));
      if (clip >= 24) lists[clip < 30 ? 'validation_list.txt' : 'testing_list.txt'].push(`${word}/${clip}.wav`);
    }
  }
  for (const [file, names] of Object.entries(lists)) await writeFile(join(commands, file), names.join('\n'));
  await mkdir(join(directory, 'noise'));
  const random = randomFor(1);
  await writeFile(
    join(directory, 'noise', 'hiss.wav'),
    writeWav(
      Float32Array.from({ length: 32_000 }, () => random.between(-0.1, 0.1)),
      16_000,
    ),
  );
}

function tone(hz: number, clip: number): Float32Array {
  const pitch = hz * (1 + 0.01 * (clip % 5));
  return Float32Array.from({ length: 16_000 }, (_, n) => (n > 4000 && n < 12_000 ? 0.4 * Math.sin((2 * Math.PI * pitch * n) / 16_000) : 0));
}

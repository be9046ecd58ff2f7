/** A whole training on tones: real recordings on disk in, an artefact out that production reads and agrees with. */

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { writeWav } from '#shared/audio/wav.ts';
import { referenceEngine } from '#shared/model/reference-engine.ts';

import type { TrainerConfig } from '../../../../services/trainer/config.ts';
import { composeConfig } from '../../../../services/trainer/configuration/compose.ts';
import { evaluate, recordEvaluation } from '../../../../services/trainer/evaluation/evaluate.ts';
import { loadArtefact } from '../../../../services/trainer/artefact-files.ts';
import { randomFor } from '../../../../services/trainer/random.ts';
import { train } from '../../../../services/trainer/training/train.ts';

const { config: DEFAULT_CONFIG } = await composeConfig();
const WORDS = { low: 400, high: 1800, other: 3500 } as const;
const CONFIG: TrainerConfig = {
  ...DEFAULT_CONFIG,
  name: 'tones',
  keywords: ['low', 'high'],
  examples: { rareWordRepeats: 1, partialWords: 0, otherSpeech: 0, silence: 16 },
  network: {
    ...DEFAULT_CONFIG.network,
    convolutions: DEFAULT_CONFIG.network.convolutions.map((layer) => ({ ...layer, filters: 24 })),
    lstmUnits: [16, 16],
    dropout: 0,
  },
  training: { ...DEFAULT_CONFIG.training, epochs: 5, batchSize: 16, learningRate: 0.01 },
};
const OPTIONS = { provenance: { runId: 'test', commit: 'unknown' }, signal: new AbortController().signal };

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

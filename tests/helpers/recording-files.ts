/** Folders of small recordings for tests of the trainer. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { onTestFinished } from 'vitest';

import { writeWav } from '#shared/audio/wav.ts';

import { randomFor } from '../../services/trainer/random.ts';

/** A folder that goes when the test is over. */
export async function temporaryFolder(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'kws-data-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Writes files; content that is a number is the seed of half a second of noise, at 16 kHz or as the name says (`…@8000.wav`). */
export async function writeFiles(directory: string, files: Readonly<Record<string, string | number | Uint8Array>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(
      join(directory, path),
      typeof content === 'number' ? noiseWav(content, Number(/@(\d+)/.exec(path)?.[1] ?? 16_000)) : content,
    );
  }
}

function noiseWav(seed: number, sampleRateHz: number): Uint8Array {
  const random = randomFor(seed);
  return writeWav(
    Float32Array.from({ length: sampleRateHz / 2 }, () => random.between(-0.3, 0.3)),
    sampleRateHz,
  );
}

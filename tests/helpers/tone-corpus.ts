/** A data set that a tiny network learns in seconds: tones of three pitches as "words", laid out and split as recordings are. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { writeWav } from '#shared/audio/wav.ts';

import { LOCK_FILE, writeLock } from '../../services/trainer/corpus/dataset/dataset-lock.ts';
import { lockFolder } from '../../services/trainer/corpus/dataset/lock-folder.ts';
import { randomFor } from '../../services/trainer/random.ts';

const WORDS = { low: 400, high: 1800, other: 3500 } as const;
const SAMPLE_RATE_HZ = 16_000;
const VALIDATION_CLIPS = 6;
const TEST_CLIPS = 6;

/** Writes the data set. @param trainingClips - of each word */
export async function writeToneCorpus(directory: string, trainingClips = 18): Promise<void> {
  const commands = join(directory, 'speech_commands');
  const [validation, testing]: [string[], string[]] = [[], []];
  for (const [word, hz] of Object.entries(WORDS)) {
    await mkdir(join(commands, word), { recursive: true });
    for (let clip = 0; clip < trainingClips + VALIDATION_CLIPS + TEST_CLIPS; clip++) {
      const file = `${word}${clip}_nohash_0.wav`; // every clip by a speaker of its own
      await writeFile(join(commands, word, file), writeWav(tone(hz, clip), SAMPLE_RATE_HZ));
      if (clip < VALIDATION_CLIPS) validation.push(`${word}/${file}`);
      else if (clip < VALIDATION_CLIPS + TEST_CLIPS) testing.push(`${word}/${file}`);
    }
  }
  await writeFile(join(commands, 'validation_list.txt'), validation.join('\n'));
  await writeFile(join(commands, 'testing_list.txt'), testing.join('\n'));
  await mkdir(join(directory, 'noise'), { recursive: true });
  const random = randomFor(1);
  const hiss = Float32Array.from({ length: 2 * SAMPLE_RATE_HZ }, () => random.between(-0.1, 0.1));
  await writeFile(join(directory, 'noise', 'hiss.wav'), writeWav(hiss, SAMPLE_RATE_HZ));
}

/** Makes a test clip of the word `low` one that no model can get right. */
export async function mislabelTestClip(directory: string): Promise<void> {
  const file = `low${VALIDATION_CLIPS}_nohash_0.wav`;
  await writeFile(join(directory, 'speech_commands', 'low', file), writeWav(tone(WORDS.other, 99), SAMPLE_RATE_HZ));
}

/** Writes the manifest of the data set as it is now. @returns its digest */
export async function lockToneCorpus(directory: string): Promise<string> {
  const lock = await lockFolder(directory, { name: 'tones', onStart: () => undefined, onProgress: () => undefined });
  await writeLock(join(directory, LOCK_FILE), lock);
  return lock.digest;
}

function tone(hz: number, clip: number): Float32Array {
  const pitch = hz * (1 + 0.002 * clip); // no two clips sound the same
  const isSounding = (n: number): boolean => n > 4000 && n < 12_000;
  return Float32Array.from({ length: SAMPLE_RATE_HZ }, (_, n) =>
    isSounding(n) ? 0.4 * Math.sin((2 * Math.PI * pitch * n) / SAMPLE_RATE_HZ) : 0,
  );
}

/** What counts as a clip, as other speech and as noise. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import {
  heldBackSplit,
  isHeldBackNoise,
  isHeldBackRoom,
  isHeldBackSpeech,
  listCorpus,
} from '../../../../services/trainer/corpus/corpus.ts';

test('every folder with lists of splits is a set of clips, and its words are no other speech', async () => {
  const directory = await folderOf({
    'speech_commands/validation_list.txt': 'yes/a_nohash_0.wav\n',
    'speech_commands/testing_list.txt': '',
    'speech_commands/yes/a_nohash_0.wav': '',
    'speech_commands/_background_noise_/hum.wav': '',
    'wake/validation_list.txt': '',
    'wake/testing_list.txt': 'alexa/b_nohash_0.wav\n',
    'wake/alexa/b_nohash_0.wav': '',
    'wakeword/alexa/long.wav': '',
    'wakeword/jarvis/long.wav': '',
    'speech/reader/1.wav': '',
    'noise/rain/1.wav': '',
    'rir/hall.wav': '',
  });

  const { clips, speech, noise } = await listCorpus(directory);

  expect(clips.map(({ path, word, split }) => [relative(directory, path), word, split])).toEqual([
    ['speech_commands/yes/a_nohash_0.wav', 'yes', 'validation'],
    ['wake/alexa/b_nohash_0.wav', 'alexa', 'test'],
  ]);
  expect(speech.map((path) => relative(directory, path))).toEqual(['speech/reader/1.wav', 'wakeword/jarvis/long.wav']);
  expect(noise.map((path) => relative(directory, path))).toEqual(['speech_commands/_background_noise_/hum.wav', 'noise/rain/1.wav']);
});

test('a set of words without lists is refused: every clip would be for training', async () => {
  const directory = await folderOf({ 'speech_commands/yes/a_nohash_0.wav': '' });

  await expect(listCorpus(directory)).rejects.toMatchObject({
    code: 'data_not_found',
    message: expect.stringContaining('validation_list.txt') as unknown,
  });
});

test('a folder without any clip is named', async () => {
  const directory = await folderOf({ 'noise/rain/1.wav': '' });

  await expect(listCorpus(directory)).rejects.toMatchObject({
    code: 'data_not_found',
    message: expect.stringContaining(join(directory, 'speech_commands')) as unknown,
  });
});

test('a quarter of the readers is kept for evaluation, and all that is below held_back', () => {
  const readers = Array.from({ length: 400 }, (_, i) => String(1000 + 7 * i));
  const share = readers.filter((reader) => isHeldBackSpeech(`data/speech/librispeech/${reader}/1.wav`)).length / readers.length;
  expect(share).toBeGreaterThan(0.18);
  expect(share).toBeLessThan(0.32);

  for (const reader of readers) {
    const [one, another] = ['1.wav', '2.wav'].map((file) => `data/speech/held_back/librispeech/${reader}/${file}`) as [string, string];
    expect(isHeldBackSpeech(one)).toBe(true);
    expect(heldBackSplit(another)).toBe(heldBackSplit(one)); // a reader is in one half
  }
  expect(isHeldBackSpeech('data/speech/held_back/mine.wav')).toBe(true);
  expect(isHeldBackSpeech('data/speech/mine.wav')).toBe(false);
});

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'kws-corpus-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
  return directory;
}

test('of noise and of rooms some are held back by their names; the room that models are measured in is one of them', () => {
  expect(isHeldBackRoom('data/rir/emt_140_medium_3.wav')).toBe(true);
  expect(isHeldBackRoom('data/rir/emt_140_medium_4.wav')).toBe(false);
  expect(isHeldBackRoom('data/noise/emt_140_medium_3.wav')).toBe(false);
  const names = Array.from({ length: 400 }, (_, i) => `data/noise/esc10/rain/${i}.wav`);
  expect(names.filter(isHeldBackNoise).length / names.length).toBeCloseTo(0.25, 1);
});

/** Recordings of one's own become a set that trainings read. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { readWav } from '#shared/audio/wav.ts';

import { listCorpus } from '../../../../../services/trainer/corpus/corpus.ts';
import { importClips, type ImportOptions } from '../../../../../services/trainer/corpus/import/import-clips.ts';
import { speakerOf } from '../../../../../services/trainer/corpus/speaker-split.ts';
import { temporaryFolder, writeFiles } from '../../../../helpers/recording-files.ts';

const SHARES = { validationPercent: 10, testPercent: 10 };

test('a folder of words at any rate becomes clips of 16 kHz, each file a speaker of its own', async () => {
  const options = await sourceOf({ 'Smart Mirror/1@48000.wav': 1, 'Smart Mirror/2@8000.wav': 2, 'hello/3.WAV': 3 });

  const clips = await importClips({ ...options, origin: 'my kitchen' });

  expect(clips.map(({ word }) => word)).toEqual(['smart_mirror', 'smart_mirror', 'hello']);
  expect(new Set(clips.map(({ file }) => speakerOf(file))).size).toBe(3);
  for (const { word, file } of clips) {
    const { sampleRateHz, samples } = readWav(await readFile(join(options.to, word, file)));
    expect([sampleRateHz, samples.length]).toEqual([16_000, 8000]);
  }
  expect(await readFile(join(options.to, 'source.yaml'), 'utf8')).toBe('licence: CC0-1.0\norigin: my kitchen\n');
});

test("Speech Commands' own splits and speakers are kept", async () => {
  const options = await sourceOf({
    'validation_list.txt': 'yes/train_nohash_0.wav\n',
    'testing_list.txt': 'yes/zoe_nohash_3.wav\n',
    'yes/train_nohash_0.wav': 1,
    'yes/zoe_nohash_3.wav': 2,
    'yes/yan_nohash_0.wav': 3,
    '_background_noise_/hum.wav': 4,
  });

  await importClips(options);

  const { clips } = await listCorpus(join(options.to, '..'));
  expect(clips.map(({ path, split }) => [speakerOf(path), split])).toEqual([
    ['train', 'validation'],
    ['yan', 'training'],
    ['zoe', 'test'],
  ]);
});

test('a CSV file names recordings anywhere, their speakers and splits', async () => {
  const options = await sourceOf({
    'list.csv':
      '\ufefffilename,label,client_id,split\n"clips/one, two.wav",Hello, anna ,train\nclips/b.wav,hello,anna,train\nclips/c.wav,bye,bert,dev\n',
    'clips/one, two.wav': 1,
    'clips/b.wav': 2,
    'clips/c.wav': 3,
  });

  const clips = await importClips({ ...options, from: join(options.from, 'list.csv') });

  expect(clips.map(({ word, split }) => [word, split])).toEqual([
    ['hello', 'training'],
    ['hello', 'training'],
    ['bye', 'validation'],
  ]);
  expect(speakerOf(clips[0]!.file)).toBe(speakerOf(clips[1]!.file));
  expect(speakerOf(clips[0]!.file)).not.toBe(speakerOf(clips[2]!.file));
  expect(await readFile(join(options.to, 'sources.csv'), 'utf8')).toContain('one, two.wav",hello/');
});

test.each([
  { csv: 'file,who\nclips/a.wav,anna\n', says: 'one word or label or keyword are needed; there are file, who' },
  { csv: 'path,word\nclips/a.wav,\n', says: 'record 1 has no path or no word' },
  { csv: 'path,word,split\nclips/a.wav,hello,holdout\n', says: 'record 1 has the split "holdout"' },
  { csv: 'path,word\nclips/a.wav,hello,more\n', says: 'Invalid Record Length' },
])('a CSV file that is wrong is refused: $says', async ({ csv, says }) => {
  const options = await sourceOf({ 'list.csv': csv, 'clips/a.wav': 1 });

  await expect(importClips({ ...options, from: join(options.from, 'list.csv') })).rejects.toMatchObject({
    code: 'invalid_dataset',
    message: expect.stringContaining(says) as unknown,
  });
});

test('one broken recording is named, and no half set is left', async () => {
  const options = await sourceOf({ 'hello/a.wav': 1, 'hello/broken.wav': 'text' });

  await expect(importClips(options)).rejects.toMatchObject({
    code: 'unreadable_clip',
    message: expect.stringContaining('broken.wav') as unknown,
  });
  await expect(readdir(options.to)).rejects.toThrow();
});

async function sourceOf(files: Parameters<typeof writeFiles>[1]): Promise<ImportOptions> {
  const directory = await temporaryFolder();
  await writeFiles(join(directory, 'source'), files);
  return {
    from: join(directory, 'source'),
    to: join(directory, 'data', 'mine'),
    shares: SHARES,
    licence: 'CC0-1.0',
    onStart: () => undefined,
    onProgress: () => undefined,
  };
}

/** A folder of long recordings becomes a set of clips. */

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { readWav, writeWav } from '#shared/audio/wav.ts';

import { alignFolder, type AlignOptions } from '../../../../../services/trainer/corpus/alignment/align.ts';
import { formatAlignment } from '../../../../../services/trainer/corpus/alignment/format-alignment.ts';
import { speakerOf, splitOfSpeaker } from '../../../../../services/trainer/corpus/speaker-split.ts';
import { randomFor } from '../../../../../services/trainer/random.ts';

const SHARES = { validationPercent: 30, testPercent: 30 };

test('each recording becomes a second around its word, in the split of its speaker', async () => {
  const options = await folders();
  for (let i = 0; i < 12; i++) await writeRecording(options, `hello/speaker${i % 4}_nohash_${i}.wav`, { start: 9000 + 700 * i, seed: i });

  const { clips, silent } = await alignFolder(options);

  expect(silent).toEqual([]);
  expect(clips).toHaveLength(12);
  const lists = await Promise.all(['validation_list.txt', 'testing_list.txt'].map((file) => readFile(join(options.to, file), 'utf8')));
  for (const { file, split, energyKept } of clips) {
    const { samples } = readWav(await readFile(join(options.to, 'hello', file)));
    expect(samples).toHaveLength(16_000);
    expect(energyKept).toBeGreaterThan(0.99);
    expect(split).toBe(splitOfSpeaker(speakerOf(file), SHARES));
    expect(lists.map((list) => list.includes(`hello/${file}\n`))).toEqual([split === 'validation', split === 'test']);
  }
});

test('copies of a recording stay in one split, whatever their names', async () => {
  const options = await folders();
  for (let i = 0; i < 4; i++) await writeRecording(options, `hello/copy-${i}.wav`, { start: 12_000, seed: 5, gain: 1 - 0.2 * i });
  await writeRecording(options, 'hello/other.wav', { start: 12_000, seed: 6, wordSamples: 4000 });

  const { clips } = await alignFolder(options);

  const speakers = clips.map(({ file }) => speakerOf(file));
  expect(new Set(speakers.slice(0, 4)).size).toBe(1);
  expect(new Set(speakers).size).toBe(2);
});

test('numbered takes in a row count as one speaker', async () => {
  const options = await folders();
  for (const i of [0, 19, 20]) await writeRecording(options, `hello/${i}.wav`, { start: 12_000, seed: i, wordSamples: 4000 + 300 * i });

  const { clips } = await alignFolder(options);

  const [first, last, next] = [...clips]
    .sort((a, b) => Number.parseInt(a.source) - Number.parseInt(b.source))
    .map(({ file }) => speakerOf(file));
  expect(last).toBe(first);
  expect(next).not.toBe(first);
});

test('a recording without a word is named and left out', async () => {
  const options = await folders();
  await writeRecording(options, 'hello/1.wav', { start: 12_000, seed: 1 });
  await writeFile(join(options.from, 'hello', 'empty.wav'), writeWav(new Float32Array(32_000), 16_000));

  const alignment = await alignFolder(options);

  expect(alignment.silent).toEqual(['hello/empty.wav']);
  expect(formatAlignment(alignment)).toContain('nothing stands out in hello/empty.wav');
});

test('a broken recording is named, and nothing is left that looks like a set', async () => {
  const options = await folders();
  await mkdir(join(options.from, 'hello'));
  await writeFile(join(options.from, 'hello', 'broken.wav'), 'no sound');

  await expect(alignFolder(options)).rejects.toMatchObject({
    code: 'unreadable_clip',
    message: expect.stringContaining('broken.wav') as unknown,
  });
  await expect(readdir(options.to)).rejects.toThrow();
});

test('a folder that is there already is left alone', async () => {
  const options = await folders();
  await writeRecording(options, 'hello/1.wav', { start: 12_000, seed: 1 });
  await mkdir(options.to);

  await expect(alignFolder(options)).rejects.toMatchObject({ code: 'output_exists' });
});

async function folders(): Promise<AlignOptions> {
  const directory = await mkdtemp(join(tmpdir(), 'kws-align-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await mkdir(join(directory, 'from'));
  return { from: join(directory, 'from'), to: join(directory, 'to'), shares: SHARES, licence: 'CC0-1.0', onProgress: () => undefined };
}

interface Recording {
  readonly start: number;
  readonly seed: number;
  readonly gain?: number;
  readonly wordSamples?: number;
}

/** Three seconds of hiss with a "word" of syllables of random loudness. */
async function writeRecording(
  { from }: AlignOptions,
  name: string,
  { start, seed, gain = 1, wordSamples = 9600 }: Recording,
): Promise<void> {
  const random = randomFor(seed);
  const samples = Float32Array.from({ length: 48_000 }, () => random.between(-0.001, 0.001));
  let loudness = 0.5;
  for (let n = 0; n < wordSamples; n++) {
    if (n % 800 === 0) loudness = random.between(0.1, 0.6);
    samples[start + n]! += loudness * Math.sin(0.2 * n);
  }
  await mkdir(join(from, name, '..'), { recursive: true });
  await writeFile(
    join(from, name),
    writeWav(
      samples.map((sample) => gain * sample),
      16_000,
    ),
  );
}

test('a word lies where a model hears it, and where energy finds it if the model does not', async () => {
  const options = await folders();
  for (const file of ['heard.wav', 'unheard.wav']) await writeRecording(options, `hello/${file}`, { start: 20_000, seed: 1 });
  let asked = 0;
  const bounds = { startSample: 1000, endSample: 9000, peakAboveFloorDb: 20, energyInside: 1 };

  const { clips } = await alignFolder({ ...options, locate: () => (asked++ === 0 ? bounds : undefined) });

  expect(clips.map(({ foundBy }) => foundBy).sort()).toEqual(['energy', 'model']);
  const heard = clips.find(({ foundBy }) => foundBy === 'model')!;
  expect([heard.windowStart, heard.wordSamples]).toEqual([0, 8000]);
  expect(clips.find(({ foundBy }) => foundBy === 'energy')!.windowStart).toBeGreaterThan(8000);
  expect(await readFile(join(options.to, 'alignment.csv'), 'utf8')).toContain(',model\n');
});

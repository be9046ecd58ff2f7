/** What a teacher's file of posteriors means, and which are refused. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import type { Clip } from '../../../../services/trainer/corpus/corpus.ts';
import { readSoftLabels, writeTarget } from '../../../../services/trainer/corpus/soft-labels.ts';

const LABELS = ['yes', 'no', '_unknown_', '_silence_'];
const DIRECTORY = join('/', 'data');

test('gives each clip its row, in the order of the labels, and zeros where the teacher says nothing', async () => {
  const file = await csv(
    'clip,no,yes,_unknown_',
    'words/no/b.wav,0.9,0.1,0',
    'words/elsewhere/c.wav,0,1,0',
    'words/yes/a.wav,0.25,0.5,0.25',
  );

  const posteriors = await read(file, ['words/yes/a.wav', 'words/yes/unheard.wav', 'words/no/b.wav']);

  expect([...posteriors].map((value) => Number(value.toFixed(4)))).toEqual([0.5, 0.25, 0.25, 0, 0, 0, 0, 0, 0.1, 0.9, 0, 0]);
});

test.each([
  ['a label that is not trained', ['clip,yes,maybe', 'words/yes/a.wav,0.5,0.5'], 'maybe'],
  ['no column of clips', ['path,yes,no', 'words/yes/a.wav,0.5,0.5'], "no column 'clip'"],
  ['a number that is none', ['clip,yes,no', 'words/yes/a.wav,0.5,often'], 'words/yes/a.wav'],
  ['a negative probability', ['clip,yes,no', 'words/yes/a.wav,1.5,-0.5'], 'words/yes/a.wav'],
  ['a row that is too short', ['clip,yes,no', 'words/yes/a.wav,1'], 'no CSV'],
  ['clips of another folder', ['clip,yes,no', 'other/yes/a.wav,1,0'], 'no clip of'],
])('refuses %s, and says so', async (_, lines, message) => {
  const file = await csv(...lines);

  const reading = read(file, ['words/yes/a.wav']);

  await expect(reading).rejects.toMatchObject({ code: 'invalid_dataset', message: expect.stringContaining(message) as unknown });
});

test('refuses a folder in place of a file', async () => {
  await expect(read(tmpdir(), [])).rejects.toMatchObject({ code: 'invalid_dataset' });
});

test('says how soft labels are made where the file is not there', async () => {
  await expect(read(join(tmpdir(), 'no-such.csv'), [])).rejects.toMatchObject({
    code: 'data_not_found',
    message: expect.stringContaining('trainer teach') as unknown,
  });
});

test('mixes the label with what the teacher says, by its weight', () => {
  const softLabels = { posteriors: Float32Array.of(0.5, 0.25, 0.25, 0, 0, 0, 0, 0), weight: 0.8 };

  expect(targetOf(0, { softLabels, clip: 0 })).toEqual([0.6, 0.2, 0.2, 0]);
  expect(targetOf(1, { softLabels, clip: 1 })).toEqual([0, 1, 0, 0]); // nothing is said of it
  expect(targetOf(2, { softLabels, clip: undefined })).toEqual([0, 0, 1, 0]); // no clip of a word
  expect(targetOf(3, { softLabels: undefined, clip: 0 })).toEqual([0, 0, 0, 1]);
});

function targetOf(label: number, teacher: Parameters<typeof writeTarget>[2]): number[] {
  const target = new Float32Array(LABELS.length);
  writeTarget(target, label, teacher);
  return [...target].map((value) => Number(value.toFixed(4)));
}

function read(file: string, clips: readonly string[]): Promise<Float32Array> {
  const listed = clips.map((clip): Clip => ({ path: join(DIRECTORY, clip), word: 'yes', split: 'training' }));
  return readSoftLabels(file, { clips: listed, labels: LABELS, directory: DIRECTORY });
}

async function csv(...lines: readonly string[]): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'kws-soft-labels-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, 'teacher.csv');
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}

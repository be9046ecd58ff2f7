/** Which speech a keyword is surely not said in. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { readTranscripts, transcriptsFor } from '../../../../services/trainer/corpus/transcripts.ts';

test('knows what is said, in any case and spelling', async () => {
  const transcripts = await transcriptsOf('1-2-0 I KNOW ONE\n1-2-1 NOTHING\n');

  expect(transcripts.lacks('speech/1-2-0.wav', 'one')).toBe(false);
  expect(transcripts.lacks('speech/1-2-0.wav', 'no')).toBe(false);
  expect(transcripts.lacks('speech/1-2-1.wav', 'no')).toBe(true);
});

test.each([
  ['FOR', 'four'],
  ['WRITE', 'right'],
  ['RITE', 'right'],
  ['TOO', 'two'],
  ['ATE', 'eight'],
])('hears %s as %s', async (word, keyword) => {
  const transcripts = await transcriptsOf(`1-2-0 THEY SAY ${word}\n`);

  expect(transcripts.lacks('1-2-0.wav', keyword)).toBe(false);
});

test('takes a recording without transcript only for keywords that nobody says', async () => {
  const transcripts = await transcriptsOf('1-2-0 ONE\n');

  expect(transcripts.lacks('speech/9-9-9.wav', 'one')).toBe(false);
  expect(transcripts.lacks('speech/9-9-9.wav', 'alexa')).toBe(true);
});

test('a name of two words is not said where one of them is missing', async () => {
  const transcripts = await transcriptsOf('1-2-0 THE MIRROR\n1-2-1 A SMART MIRROR\n');

  expect(transcripts.lacks('1-2-0.wav', 'smart_mirror')).toBe(true);
  expect(transcripts.lacks('1-2-1.wav', 'smart_mirror')).toBe(false);
});

test('are read from the data folder where nothing else is named', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'transcripts-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  expect((await transcriptsFor(directory, undefined)).lacks('1-2-0.wav', 'one')).toBe(true);

  await mkdir(join(directory, 'speech'));
  await writeFile(join(directory, 'speech', 'transcripts.txt'), '1-2-0 ONE\n');

  expect((await transcriptsFor(directory, undefined)).lacks('1-2-0.wav', 'one')).toBe(false);
});

test('names the file that is not there', async () => {
  await expect(readTranscripts('/nowhere/transcripts.txt')).rejects.toMatchObject({ code: 'data_not_found' });
});

async function transcriptsOf(text: string) {
  const directory = await mkdtemp(join(tmpdir(), 'transcripts-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, 'transcripts.txt'), text);
  return readTranscripts(join(directory, 'transcripts.txt'));
}

/** What validation finds in a data folder, and how it says so. */

import { expect, test } from 'vitest';

import { writeWav } from '#shared/audio/wav.ts';

import { formatValidation } from '../../../../../services/trainer/corpus/dataset/format-validation.ts';
import { validateFolder, type ValidationReport } from '../../../../../services/trainer/corpus/dataset/validate-folder.ts';
import { temporaryFolder, writeFiles } from '../../../../helpers/recording-files.ts';

const GOOD = {
  'speech_commands/validation_list.txt': 'yes/anna_nohash_0.wav\nno/anna_nohash_0.wav\n',
  'speech_commands/testing_list.txt': 'yes/cleo_nohash_0.wav\nno/cleo_nohash_0.wav\n',
  'speech_commands/source.yaml': 'licence: CC-BY-4.0\n',
  'speech_commands/yes/anna_nohash_0.wav': 1,
  'speech_commands/yes/bert_nohash_0.wav': 2,
  'speech_commands/yes/cleo_nohash_0.wav': 3,
  'speech_commands/no/anna_nohash_0.wav': 4,
  'speech_commands/no/bert_nohash_0.wav': 5,
  'speech_commands/no/cleo_nohash_0.wav': 6,
};
type Files = Parameters<typeof writeFiles>[1];

test('finds nothing in a good folder', async () => {
  const report = await validate({}, ['yes', 'no']);

  expect(report.problems).toEqual([]);
  expect(report.classes).toContainEqual({ label: 'yes', training: 1, validation: 1, test: 1, speakers: 3, seconds: 1.5 });
  expect(formatValidation(report)).toContain('6 recordings, 0 errors, 0 warnings');
});

test.each<{ what: string; files: Files; problem: RegExp }>([
  {
    what: 'a file that is no WAV',
    files: { 'speech_commands/yes/x_nohash_0.wav': 'text' },
    problem: /error unreadable: .*yes\/x_nohash_0\.wav: .*RIFF/,
  },
  { what: 'another sample rate', files: { 'speech_commands/yes/x@8000.wav': 9 }, problem: /error wrong_rate: .*x@8000\.wav has 8000 Hz/ },
  {
    what: 'a label that is no word',
    files: { 'speech_commands/Yes please/x.wav': 9 },
    problem: /error wrong_label: "Yes please" is no word/,
  },
  {
    what: 'a list that names what is not there',
    files: { 'speech_commands/testing_list.txt': `${GOOD['speech_commands/testing_list.txt']}no/gone.wav\n` },
    problem: /error missing_file: speech_commands\/no\/gone\.wav/,
  },
  {
    what: 'a speaker in two splits',
    files: { 'speech_commands/yes/anna_nohash_1.wav': 9 },
    problem:
      /error speaker_in_two_splits: speaker speech_commands\/anna is in .*training.* and .*validation|error speaker_in_two_splits: speaker speech_commands\/anna is in .*validation.* and .*training/,
  },
  {
    what: 'a sound under two labels',
    files: { 'speech_commands/no/dora_nohash_0.wav': 2 },
    problem: /error same_sound_two_labels: .*no\/dora.*yes\/bert/,
  },
  {
    what: 'a sound in two splits',
    files: { 'speech_commands/yes/dora_nohash_0.wav': 1 },
    problem: /error same_sound_two_splits: .*anna.*dora/,
  },
  {
    what: 'a sound twice',
    files: { 'speech_commands/yes/bert_nohash_1.wav': 2 },
    problem: /warning duplicate: .*bert_nohash_0.*bert_nohash_1/,
  },
  {
    what: 'a clip that is too short',
    files: { 'speech_commands/yes/x.wav': wav(2000, sine) },
    problem: /warning too_short: .*0\.13 s/,
  },
  {
    what: 'a clip that was not aligned',
    files: { 'speech_commands/yes/x.wav': wav(48_000, sine) },
    problem: /warning too_long: .*3\.00 s long: align it/,
  },
  {
    what: 'clipping',
    files: { 'speech_commands/yes/x.wav': wav(16_000, (n) => 4 * sine(n)) },
    problem: /warning clipped: .*% of the samples/,
  },
  {
    what: 'an offset',
    files: { 'speech_commands/yes/x.wav': wav(16_000, (n) => 0.1 + 0.5 * sine(n)) },
    problem: /warning offset: .*0\.100, not 0/,
  },
  { what: 'silence', files: { 'speech_commands/yes/x.wav': wav(16_000, (n) => 0.001 * sine(n)) }, problem: /warning silent: .*0\.0005/ },
  {
    what: 'no known licence',
    files: { 'mine/validation_list.txt': '', 'mine/testing_list.txt': '', 'mine/yes/x.wav': 9 },
    problem: /warning unknown_licence: 1 recordings in mine\//,
  },
])('names $what, and nothing else', async ({ files, problem }) => {
  const { problems } = await validate(files);

  expect(problems.map(({ severity, kind, message }) => `${severity} ${kind}: ${message}`)).toEqual([expect.stringMatching(problem)]);
});

test('a large folder is measured on all cores, with the same result', async () => {
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`speech_commands/yes/many${i}_nohash_0.wav`, 100 + i]));

  const { files, problems } = await validate({ ...many, 'speech_commands/yes/many150_nohash_0.wav': 'text' });

  expect(files).toBe(206);
  expect(problems.map(({ kind, message }) => `${kind} ${message}`)).toEqual([
    expect.stringMatching(/^unreadable .*many150/),
    expect.stringMatching(/^few_clips no has 1/),
  ]);
});

test('a keyword without clips is named with the word that was meant, one without a split with the split', async () => {
  const { problems } = await validate({ 'speech_commands/go/dora_nohash_0.wav': 9 }, ['yess', 'go']);

  expect(problems.map(({ message }) => message)).toEqual([
    'there is no clip of yess; did you mean yes?',
    'go has no clip for validation and test',
  ]);
});

async function validate(files: Files, keywords: readonly string[] = []): Promise<ValidationReport> {
  const directory = await temporaryFolder();
  await writeFiles(directory, { ...GOOD, ...files });
  return validateFolder(directory, { keywords, onStart: () => undefined, onProgress: () => undefined });
}

function wav(samples: number, value: (n: number) => number): Uint8Array {
  return writeWav(
    Float32Array.from({ length: samples }, (_, n) => value(n)),
    16_000,
  );
}

function sine(n: number): number {
  return 0.5 * Math.sin(0.3 * n);
}

/** Versions of a data set: named by content, compared, and held against the files. */

import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { fc, test as propertyTest } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';

import {
  createLock,
  LOCK_FILE,
  readLock,
  writeLock,
  type LockedClip,
} from '../../../../../services/trainer/corpus/dataset/dataset-lock.ts';
import { diffLocks, formatDiff, isSame } from '../../../../../services/trainer/corpus/dataset/diff-locks.ts';
import { formatLock } from '../../../../../services/trainer/corpus/dataset/format-lock.ts';
import { currentLock, datasetOf, lockFolder } from '../../../../../services/trainer/corpus/dataset/lock-folder.ts';
import { temporaryFolder, writeFiles } from '../../../../helpers/recording-files.ts';

const SILENT = { onStart: () => undefined, onProgress: () => undefined };
const FILES = {
  'speech_commands/validation_list.txt': 'yes/anna_nohash_0.wav\n',
  'speech_commands/testing_list.txt': '',
  'speech_commands/yes/anna_nohash_0.wav': 1,
  'speech_commands/yes/bert_nohash_0.wav': 2,
  'wake/validation_list.txt': '',
  'wake/testing_list.txt': '',
  'wake/source.yaml': 'licence: CC0-1.0\n',
  'wake/alexa/cleo_nohash_0.wav': 3,
  'noise/rain.wav': 4,
  'rir/hall.wav': 5,
};

describe('a lock', () => {
  test('names every recording with label, speaker, split and licence', async () => {
    const directory = await folder();

    const { clips } = await lockFolder(directory, SILENT);

    expect(clips.map(({ path, label, speaker, split, licence }) => [path, label, speaker, split, licence])).toEqual([
      ['noise/rain.wav', '_noise_', '', expect.any(String), 'unknown'],
      ['rir/hall.wav', '_impulse_response_', '', 'training', 'unknown'],
      ['speech_commands/yes/anna_nohash_0.wav', 'yes', 'speech_commands/anna', 'validation', 'CC-BY-4.0'],
      ['speech_commands/yes/bert_nohash_0.wav', 'yes', 'speech_commands/bert', 'training', 'CC-BY-4.0'],
      ['wake/alexa/cleo_nohash_0.wav', 'alexa', 'wake/cleo', 'training', 'CC0-1.0'],
    ]);
  });

  test('knows the licence of LibriSpeech, held back or not', async () => {
    const directory = await folder();
    await writeFiles(directory, { 'speech/librispeech/84/1.wav': 6, 'speech/held_back/librispeech/251/2.wav': 7, 'speech/mine/3.wav': 8 });

    const { clips } = await lockFolder(directory, SILENT);

    const speech = clips.filter(({ path }) => path.startsWith('speech/'));
    expect(Object.fromEntries(speech.map(({ path, licence }) => [path, licence]))).toEqual({
      'speech/held_back/librispeech/251/2.wav': 'CC-BY-4.0',
      'speech/librispeech/84/1.wav': 'CC-BY-4.0',
      'speech/mine/3.wav': 'unknown',
    });
  });

  test('keeps what folders say of where their recordings are from, beside the digest', async () => {
    const directory = await folder();
    const before = await lockFolder(directory, { ...SILENT, name: 'mine' });
    await writeFiles(directory, { 'wake/source.yaml': 'licence: CC0-1.0\norigin: recorded by Cleo\n' });
    await writeFiles(directory, { 'rir/source.yaml': 'licence: MIT\norigin: a hall\n' });

    const after = await lockFolder(directory, { ...SILENT, name: 'mine' });

    expect(before.sources).toEqual([{ folder: 'wake', licence: 'CC0-1.0' }]);
    expect(after.sources).toEqual([
      { folder: 'rir', licence: 'MIT', origin: 'a hall' },
      { folder: 'wake', licence: 'CC0-1.0', origin: 'recorded by Cleo' },
    ]);
    expect(diffLocks(before, after).licence).toEqual([{ path: 'rir/hall.wav', from: 'unknown', to: 'MIT' }]);
    expect(formatLock(after)).toContain('  wake/ CC0-1.0, from recorded by Cleo\n  of unknown licence: noise; a source.yaml');
  });

  test('refuses a source.yaml that says nothing, instead of taking the licence for unknown', async () => {
    for (const text of ['license: MIT\n', 'licence: [\n', '']) {
      const directory = await folder();
      await writeFiles(directory, { 'rir/source.yaml': text });

      await expect(lockFolder(directory, SILENT)).rejects.toMatchObject({
        code: 'invalid_dataset',
        message: expect.stringContaining('rir/source.yaml has to say `licence: …`') as unknown,
      });
    }
  });

  test('of an earlier version, without sources, is still read', async () => {
    const directory = await folder();
    const { sources: _, ...older } = await lockFolder(directory, SILENT);
    await writeLock(join(directory, LOCK_FILE), older);

    expect(await readLock(join(directory, LOCK_FILE))).toEqual(older);
    await expect(currentLock(directory, SILENT)).resolves.toEqual(older);
  });

  test('is the same for the same files elsewhere, and what stands in a model', async () => {
    const [a, b] = [
      await lockFolder(await folder(), { ...SILENT, name: 'mine' }),
      await lockFolder(await folder(), { ...SILENT, name: 'mine' }),
    ];

    expect(a).toEqual(b);
    expect(datasetOf(a)).toEqual({
      name: 'mine',
      version: a.digest.slice(0, 12),
      digest: a.digest,
      licence: 'CC-BY-4.0, CC0-1.0, unknown',
    });
  });

  propertyTest.prop([fc.shuffledSubarray(['a.wav', 'b.wav', 'c.wav', 'd.wav'], { minLength: 4 })])(
    'does not depend on the order of the clips',
    (paths) => {
      expect(createLock('x', paths.map(clip)).digest).toBe(createLock('x', [...paths].sort().map(clip)).digest);
    },
  );

  propertyTest.prop([
    fc.constantFrom('path', 'sha256', 'label', 'speaker', 'split', 'licence'),
    fc.string({ minLength: 1 }).filter((text) => !['yes', 'anna', 'training', 'CC0-1.0'].includes(text)),
  ])('changes with every field of a clip', (field, value) => {
    const before = clip('a.wav');

    expect(createLock('x', [{ ...before, [field]: `${value}!` }]).digest).not.toBe(createLock('x', [before]).digest);
  });

  test('comes back from its file, and is refused once a hand has changed it', async () => {
    const directory = await folder();
    const lock = await lockFolder(directory, SILENT);
    const path = join(directory, LOCK_FILE);
    await writeLock(path, lock);

    expect(await readLock(path)).toEqual(lock);
    await writeFile(path, (await readFile(path, 'utf8')).replace('"label":"alexa"', '"label":"jarvis"'));
    await expect(readLock(path)).rejects.toMatchObject({
      code: 'invalid_lock',
      message: expect.stringContaining('changed by hand') as unknown,
    });
  });
});

describe('a training', () => {
  test('takes the lock that lies with its data, and hashes only where there is none', async () => {
    const directory = await folder();
    const fresh = await currentLock(directory, { ...SILENT, name: 'fresh' });
    await writeLock(join(directory, LOCK_FILE), await lockFolder(directory, { ...SILENT, name: 'locked' }));

    const locked = await currentLock(directory, { ...SILENT, name: 'fresh' });

    expect([fresh.name, locked.name]).toEqual(['fresh', 'locked']);
    expect(locked.digest).toBe(fresh.digest);
  });

  test('is told when the data is not what its lock names', async () => {
    const directory = await folder();
    await writeLock(join(directory, LOCK_FILE), await lockFolder(directory, SILENT));
    await rm(join(directory, 'wake/alexa/cleo_nohash_0.wav'));
    await writeFiles(directory, { 'wake/alexa/dora_nohash_0.wav': 9, 'speech_commands/validation_list.txt': '' });

    const failure = currentLock(directory, SILENT);

    await expect(failure).rejects.toMatchObject({ code: 'dataset_changed' });
    await expect(failure).rejects.toThrow(/added: 1\n +wake\/alexa\/dora/);
    await expect(failure).rejects.toThrow(/removed: 1\n +wake\/alexa\/cleo/);
    await expect(failure).rejects.toThrow(/split: 1\n +speech_commands\/yes\/anna_nohash_0.wav: validation → training/);
  });
});

describe('a comparison', () => {
  test('tells what moved from what came and went, and what is another sound', async () => {
    const directory = await folder();
    const before = await lockFolder(directory, SILENT);
    await rename(join(directory, 'wake/alexa/cleo_nohash_0.wav'), join(directory, 'wake/alexa/dora_nohash_0.wav'));
    await writeFiles(directory, { 'speech_commands/yes/bert_nohash_0.wav': 77, 'rir/room.wav': 6, 'wake/source.yaml': 'licence: MIT\n' });

    const diff = diffLocks(before, await lockFolder(directory, SILENT));

    expect(diff).toMatchObject({
      added: ['rir/room.wav'],
      removed: [],
      moved: [{ from: 'wake/alexa/cleo_nohash_0.wav', to: 'wake/alexa/dora_nohash_0.wav' }],
      content: ['speech_commands/yes/bert_nohash_0.wav'],
      label: [],
    });
    expect(formatDiff(diff)).toContain('content: 1\n    speech_commands/yes/bert_nohash_0.wav');
  });

  propertyTest.prop([
    fc.uniqueArray(fc.constantFrom('a.wav', 'b.wav', 'c.wav')),
    fc.uniqueArray(fc.constantFrom('a.wav', 'b.wav', 'c.wav')),
  ])('finds nothing exactly between equal versions', (before, after) => {
    const [a, b] = [createLock('x', before.map(clip)), createLock('x', after.map(clip))];

    expect(isSame(diffLocks(a, b))).toBe(a.digest === b.digest);
  });
});

function clip(path: string): LockedClip {
  return {
    path,
    sha256: path.charCodeAt(0).toString(16).repeat(32),
    bytes: 5,
    label: 'yes',
    speaker: 'anna',
    split: 'training',
    licence: 'CC0-1.0',
  };
}

async function folder(): Promise<string> {
  const directory = await temporaryFolder();
  await writeFiles(directory, FILES);
  return directory;
}

/** The set of accepted clips, also after a process was killed while it wrote. */

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { FeedbackSet } from '../../../../../services/trainer/corpus/feedback/feedback-set.ts';
import { temporaryFolder } from '../../../../helpers/recording-files.ts';

const WAV = Uint8Array.of(1, 2, 3);

test('a clip lies beside the lists that make its folder a set, and nothing else', async () => {
  const data = await temporaryFolder();

  const path = await new FeedbackSet(data).add('session', 'stop', WAV);

  expect(await readFile(path)).toEqual(Buffer.from(WAV));
  expect(await readdir(join(data, 'feedback', 'stop'))).toHaveLength(1);
  expect((await readdir(join(data, 'feedback'))).sort()).toEqual([
    'source.yaml',
    'sources.csv',
    'stop',
    'testing_list.txt',
    'validation_list.txt',
  ]);
});

test('lists that a killed process did not finish are written by the next, and half a clip counts for nothing', async () => {
  const data = await temporaryFolder();
  const [first] = [await new FeedbackSet(await temporaryFolder()).add('session', 'stop', WAV)];
  const name = first.split('/').at(-1)!;
  await mkdir(join(data, 'feedback', 'stop'), { recursive: true });
  await writeFile(join(data, 'feedback', 'validation_list.txt'), '');
  await writeFile(join(data, 'feedback', 'stop', `${name}.tmp`), 'half');

  const set = new FeedbackSet(data);
  const before = await set.count('session');
  const path = await set.add('session', 'stop', WAV);

  expect(before).toBe(0);
  expect(await readFile(path)).toEqual(Buffer.from(WAV));
  expect(await readdir(join(data, 'feedback', 'stop'))).toEqual([name]);
  expect(await readdir(join(data, 'feedback'))).toContain('testing_list.txt');
});

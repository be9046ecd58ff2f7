/** Synthetic speech to learn from. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { alignRecordings } from '../../../../services/trainer/keyword/keyword-recordings.ts';
import { synthesise } from '../../../../services/trainer/keyword/speech-synthesis.ts';
import { speakerOf } from '../../../../services/trainer/corpus/speaker-split.ts';
import { temporaryFolder } from '../../../helpers/recording-files.ts';

test('a word is said in many voices, each found and cut to a second, the same ones for the same seed', { timeout: 60_000 }, async () => {
  const folder = await temporaryFolder();
  const voices = join(folder, 'voices');

  await synthesise('hey house', { directory: voices, voices: 12, seed: 1 });
  await synthesise('hey house', { directory: join(folder, 'again'), voices: 4, seed: 1 });
  const { clips } = await alignRecordings({ keyword: 'hey_house', from: voices, set: join(folder, 'set'), leastRecordings: 10 });

  expect(clips.length).toBeGreaterThan(10);
  expect(new Set(clips.map(({ file }) => speakerOf(file))).size).toBe(clips.length);
  const [first, again] = await Promise.all(['voices', 'again'].map((name) => readFile(join(folder, name, 'voice3_nohash_0.wav'))));
  expect(again).toEqual(first);
  const lengths = clips.map(({ wordSamples }) => wordSamples / 16_000);
  expect(Math.min(...lengths)).toBeGreaterThan(0.2);
  expect(Math.max(...lengths)).toBeLessThan(1.6);
});

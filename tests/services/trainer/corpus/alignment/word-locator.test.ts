/** A model finds its words in recordings of people, where energy cannot tell them apart. */

import { fileURLToPath } from 'node:url';

import { expect, onTestFinished, test } from 'vitest';

import { createKernelEngine } from '#shared/kernel/kernel-engine.ts';

import { findWord } from '../../../../../services/trainer/corpus/alignment/word-bounds.ts';
import { wordLocator } from '../../../../../services/trainer/corpus/alignment/word-locator.ts';
import { readRecording } from '../../../../../services/trainer/corpus/read-recording.ts';
import { loadArtefact } from '../../../../../services/trainer/artefact-files.ts';
import { compileKernel } from '../../../../../services/trainer/kernel.ts';

const PROJECT = fileURLToPath(new URL('../../../../../', import.meta.url));
const SECOND = 16_000;

test('finds each of three words said one after the other', async () => {
  const locate = await locator();
  const samples = await recording('yes-stop-left');

  const [yes, stop, left] = ['yes', 'stop', 'left'].map((word) => locate(word, samples)!);

  expect(yes!.endSample).toBeLessThan(stop!.startSample + 0.1 * SECOND);
  expect(stop!.endSample).toBeLessThan(left!.startSample + 0.1 * SECOND);
  for (const word of [yes, stop, left]) expect(word!.endSample - word!.startSample).toBeLessThan(SECOND);
});

test('agrees with energy where the word is all there is', async () => {
  const word = await recording('stop');
  const samples = new Float32Array(3 * SECOND);
  samples.set(word, 1.2 * SECOND);

  const [heard, loud] = [(await locator())('stop', samples)!, findWord(samples)!];

  expect(Math.abs((heard.startSample + heard.endSample) / 2 - (loud.startSample + loud.endSample) / 2)).toBeLessThan(0.15 * SECOND);
});

test('finds nothing where the word is not said, not known, or the recording is shorter than a window', async () => {
  const locate = await locator();

  expect(locate('yes', await recording('speech'))).toBeUndefined();
  expect(locate('snowboy', await recording('yes-stop-left'))).toBeUndefined();
  expect(locate('stop', (await recording('stop')).subarray(0, SECOND / 2))).toBeUndefined();
});

async function locator() {
  const engine = await createKernelEngine(await compileKernel());
  const classifier = engine.load(await loadArtefact(`${PROJECT}models/default`));
  onTestFinished(() => {
    classifier.close();
  });
  return wordLocator(classifier);
}

async function recording(name: string): Promise<Float32Array> {
  return readRecording(`${PROJECT}tests/fixtures/recordings/${name}.wav`);
}

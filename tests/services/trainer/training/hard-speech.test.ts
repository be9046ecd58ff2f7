/** What a model takes for keywords in speech that holds none. */

import { expect, test } from 'vitest';

import { recordingCount, recordingOf, storeOf } from '../../../../services/trainer/corpus/sample-store.ts';
import type { Hearer } from '../../../../services/trainer/evaluation/hearer.ts';
import { hardSpeechOf } from '../../../../services/trainer/training/hard-speech.ts';

import { tinyArtefact } from '../../../helpers/tiny-model.ts';

const WINDOW = 16_000;
const MARGIN = 2_560;
const artefact = await tinyArtefact();
const { manifest } = artefact;
const [KEYWORD] = manifest.keywords;

/** Windows of 80 ms strides; in those named the model hears its first keyword. */
function hearerOf(mistakenWindows: readonly number[]): Hearer {
  return {
    hear: (count, soundOf) =>
      Promise.resolve(
        Array.from({ length: count }, (_, i) => {
          const samples = soundOf(i).length;
          const windows = Math.floor((samples - WINDOW) / 1280) + 1;
          const posteriors = new Float32Array(windows * manifest.labels.length);
          for (const window of mistakenWindows) posteriors[window * manifest.labels.length + manifest.labels.indexOf(KEYWORD!)] = 0.31;
          return { samples, endSamples: Float64Array.from({ length: windows }, (_window, w) => WINDOW + 1280 * w), posteriors };
        }),
      ),
    close: () => Promise.resolve(),
  };
}

const SPEECH = storeOf([Int16Array.from({ length: 100_000 }, (_, n) => n % 30_000)]);
const OPTIONS = { artefact, keywords: manifest.keywords, onProgress: () => undefined };

test('is cut out with a margin, and mistakes that overlap are one stretch', async () => {
  const hard = await hardSpeechOf(SPEECH, { ...OPTIONS, hearer: hearerOf([10, 12, 40]) });

  expect(recordingCount(hard)).toBe(2);
  expect(recordingOf(hard, 0)).toEqual(recordingOf(SPEECH, 0).subarray(1280 * 10 - MARGIN, WINDOW + 1280 * 12 + MARGIN));
  expect(recordingOf(hard, 1)).toEqual(recordingOf(SPEECH, 0).subarray(1280 * 40 - MARGIN, WINDOW + 1280 * 40 + MARGIN));
});

test('ends where the recording ends', async () => {
  const hard = await hardSpeechOf(SPEECH, { ...OPTIONS, hearer: hearerOf([0, 65]) });

  expect(recordingOf(hard, 0)).toHaveLength(WINDOW + MARGIN);
  expect(recordingOf(hard, 1)).toEqual(recordingOf(SPEECH, 0).subarray(1280 * 65 - MARGIN));
});

test('is nothing where a keyword stays improbable', async () => {
  expect(recordingCount(await hardSpeechOf(SPEECH, { ...OPTIONS, hearer: hearerOf([]) }))).toBe(0);
});

test('cannot be told by a model that knows none of the keywords', async () => {
  const hearing = hardSpeechOf(SPEECH, { ...OPTIONS, keywords: ['abracadabra'], hearer: hearerOf([1]) });

  await expect(hearing).rejects.toMatchObject({
    code: 'invalid_config',
    message: expect.stringContaining('none of the keywords') as unknown,
  });
});

/** Uploads take turns with whatever else the process does. */

import { setImmediate } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { writeWav } from '#shared/audio/wav.ts';
import type { Classifier } from '#shared/model/classifier.ts';
import { referenceEngine } from '#shared/model/reference-engine.ts';

import { detect } from '../../../services/stream/http/detect.ts';
import { babble } from '../../helpers/arbitrary-audio.ts';
import { tinyArtefact } from '../../helpers/tiny-model.ts';

const reference = referenceEngine.load(await tinyArtefact());
const SECONDS = 5;
const WAV = writeWav(babble(SECONDS * 16_000), 16_000);

/** The reference, with a count of its streams. */
function countingClassifier(): { readonly classifier: Classifier; readonly count: { opened: number; closed: number } } {
  const count = { opened: 0, closed: 0 };
  const openStream: Classifier['openStream'] = () => {
    const stream = reference.openStream();
    count.opened++;
    return {
      advance: (frames) => stream.advance(frames),
      reset: () => {
        stream.reset();
      },
      close: () => {
        count.closed++;
      },
    };
  };
  return { classifier: { ...reference, openStream }, count };
}

test('an upload lets others run at least four times a second of audio', async () => {
  const upload = { isDone: false };
  let turns = 0;

  const answer = detect(WAV, { classifier: reference, query: { top: 1 }, signal: new AbortController().signal }).finally(() => {
    upload.isDone = true;
  });
  for (; !upload.isDone; turns++) await setImmediate();

  expect(await answer).toMatchObject({ durationMs: SECONDS * 1000 });
  expect(turns).toBeGreaterThanOrEqual(4 * SECONDS);
});

test('an upload that nobody waits for any more is given up, and its stream closed', async () => {
  const { classifier, count } = countingClassifier();
  const abandoned = new AbortController();

  const answer = detect(WAV, { classifier, query: { top: 1 }, signal: abandoned.signal });
  abandoned.abort();

  await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
  expect(count).toEqual({ opened: 1, closed: 1 });
});

test('an upload that is answered closes its stream once', async () => {
  const { classifier, count } = countingClassifier();

  await detect(WAV, { classifier, query: { top: 1 }, signal: new AbortController().signal });

  expect(count).toEqual({ opened: 1, closed: 1 });
});

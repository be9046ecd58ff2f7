/** Uploads take turns with whatever else the process does. */

import { setImmediate } from 'node:timers/promises';

import { test } from '@fast-check/vitest';
import { expect } from 'vitest';

import { writeWav } from '#shared/audio/wav.ts';
import type { Classifier } from '#shared/model/classifier.ts';
import { referenceEngine } from '#shared/model/reference-engine.ts';

import { detect } from '../../../../services/stream/http/detect.ts';
import { babble, chunkLengths, cutBytes } from '../../../helpers/arbitrary-audio.ts';
import { tinyArtefact } from '../../../helpers/tiny-model.ts';

const reference = referenceEngine.load(await tinyArtefact());
const SECONDS = 5;
const WAV = writeWav(babble(SECONDS * 16_000), 16_000);
const signal = new AbortController().signal;

/** A file that comes in pieces, and how much of it was asked for. */
function uploadOf(file: Uint8Array, pieceBytes = 65_536) {
  const asked = { bytes: 0 };
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let start = 0; start < file.length; start += pieceBytes) {
      await Promise.resolve();
      asked.bytes = Math.min(file.length, start + pieceBytes);
      yield file.subarray(start, start + pieceBytes);
    }
  }
  return { file: pieces(), asked };
}

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

  const answer = detect(uploadOf(WAV).file, { classifier: reference, query: { top: 1 }, signal }).finally(() => {
    upload.isDone = true;
  });
  for (; !upload.isDone; turns++) await setImmediate();

  expect(await answer).toMatchObject({ durationMs: SECONDS * 1000 });
  expect(turns).toBeGreaterThanOrEqual(4 * SECONDS);
});

test('an upload is asked for only as it is heard: never more than a piece lies in memory', async () => {
  const pieceBytes = 10_000;
  const { file, asked } = uploadOf(WAV, pieceBytes);
  let heardBytes = 0;
  let mostAheadBytes = 0;
  const openStream: Classifier['openStream'] = () => {
    const stream = reference.openStream();
    return {
      advance: (frames) => {
        heardBytes = heardBytes === 0 ? 2 * 16_000 : heardBytes + 2 * reference.manifest.strideSamples;
        mostAheadBytes = Math.max(mostAheadBytes, asked.bytes - heardBytes);
        return stream.advance(frames);
      },
      reset: () => stream.reset(),
      close: () => stream.close(),
    };
  };

  await detect(file, { classifier: { ...reference, openStream }, query: { top: 1 }, signal });

  expect(asked.bytes).toBe(WAV.length);
  expect(heardBytes).toBeGreaterThan(WAV.length - 5000);
  expect(mostAheadBytes).toBeLessThanOrEqual(pieceBytes + 44);
});

test.prop([chunkLengths(20_000)], { numRuns: 20 })('an upload is answered the same however it is cut', async (lengths) => {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (const piece of cutBytes(WAV, lengths, 1)) {
      await Promise.resolve();
      yield piece;
    }
  }
  const options = { classifier: reference, query: { top: 3, threshold: 0 }, signal };

  expect(await detect(pieces(), options)).toEqual(await detect(uploadOf(WAV).file, options));
});

test('an upload may have as many events as fit an answer, and no more', async () => {
  const options = { classifier: reference, query: { top: 1, threshold: 0 }, signal };
  const { events } = await detect(uploadOf(WAV).file, options);

  expect(events.length).toBeGreaterThan(1);
  expect((await detect(uploadOf(WAV).file, { ...options, maxEvents: events.length })).events).toEqual(events);
  await expect(detect(uploadOf(WAV).file, { ...options, maxEvents: events.length - 1 })).rejects.toMatchObject({ code: 'too_many_events' });
});

test('an upload that nobody waits for any more is given up, and its stream closed', async () => {
  const { classifier, count } = countingClassifier();
  const abandoned = new AbortController();

  const answer = detect(uploadOf(WAV).file, { classifier, query: { top: 1 }, signal: abandoned.signal });
  abandoned.abort();

  await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
  expect(count).toEqual({ opened: 1, closed: 1 });
});

test('an upload that is answered closes its stream once', async () => {
  const { classifier, count } = countingClassifier();

  await detect(uploadOf(WAV).file, { classifier, query: { top: 1 }, signal });

  expect(count).toEqual({ opened: 1, closed: 1 });
});

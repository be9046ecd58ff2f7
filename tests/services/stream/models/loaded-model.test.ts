/** When models are freed, and what is checked before anybody uses one. */

import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import { readArtefact } from '#shared/model/artefact.ts';
import type { Classifier } from '#shared/model/classifier.ts';

import { Latest } from '../../../../services/stream/models/latest.ts';
import { LoadedModel } from '../../../../services/stream/models/loaded-model.ts';
import { readModelFiles } from '../../../../services/stream/models/model-files.ts';
import { readTestClips, selfTest } from '../../../../services/stream/models/self-test.ts';
import { testKernelEngine } from '../../../helpers/kernel.ts';
import { DEFAULT_MODEL_DIRECTORY, PROJECT_DIRECTORY } from '../../../helpers/test-server.ts';
import { tinyArtefact } from '../../../helpers/tiny-model.ts';

const engine = await testKernelEngine();
const CLIPS = join(PROJECT_DIRECTORY, 'models', 'self-test');

/** A model of `yes`, `no` and two others that hears nothing. */
async function alwaysSays(posteriors: readonly number[]): Promise<Classifier> {
  const { manifest, extractor } = engine.load(await tinyArtefact());
  const stream = { advance: () => Float32Array.from(posteriors), reset: () => undefined, close: () => undefined };
  return { manifest, extractor, openStream: () => stream, close: () => undefined };
}

test('a loaded model has all that its engine brings, the fast resampler too', async () => {
  const own: Classifier = (await testKernelEngine()).load(await tinyArtefact());
  const model = new LoadedModel('tiny', own);

  expect(own.convolver).toBeDefined();
  expect(model.classifier).toEqual(expect.objectContaining({ extractor: own.extractor, convolver: own.convolver }));
  model.retire();
});

describe('a retired model', () => {
  test('is freed when its last stream is closed, and all its memory with it', async () => {
    const before = engine.memory.usedBytes;
    const model = new LoadedModel('one', engine.load(await tinyArtefact()));
    const streams = [model.classifier.openStream(), model.classifier.openStream()];

    streams[0]!.close();
    model.retire();
    const isFreedEarly = model.isFreed;
    streams[1]!.close();

    expect([isFreedEarly, model.isFreed, engine.memory.usedBytes]).toEqual([false, true, before]);
    expect(() => model.classifier.openStream()).toThrow(TypeError);
  });

  test('is not freed under work that will open a stream later', async () => {
    const model = new LoadedModel('one', engine.load(await tinyArtefact()));
    let goOn: () => void = () => undefined;

    const work = model.use(async (classifier) => {
      await new Promise<void>((resolve) => (goOn = resolve));
      classifier.openStream().close();
      return 'done';
    });
    model.retire();
    goOn();

    expect(await work).toBe('done');
    expect(model.isFreed).toBe(true);
  });

  test('is freed once, however often it is told', async () => {
    const model = new LoadedModel('one', engine.load(await tinyArtefact()));

    model.retire();
    model.retire();

    expect(model.isFreed).toBe(true);
  });
});

describe('the self-test', () => {
  test('is passed by the model that ships, which has every word of the clips', async () => {
    const artefact = await readArtefact(await readModelFiles(DEFAULT_MODEL_DIRECTORY));
    const clips = await readTestClips(CLIPS);

    expect(artefact.manifest.keywords).toEqual(expect.arrayContaining(clips.map(({ keyword }) => keyword)));
    expect(clips.map(({ keyword }) => keyword)).toEqual(['happy', 'left', 'stop', 'yes']);
    expect(await selfTest(engine.load(artefact), clips)).toBeUndefined();
  });

  test('names what a model hears instead of a word that it has', async () => {
    const deaf = await alwaysSays([0, 1, 0, 0]);

    expect(await selfTest(deaf, await readTestClips(CLIPS))).toBe('hears "no" where "yes" is said');
  });

  test.for([
    [[Number.NaN, 1, 0, 0]],
    [[0.5, 0.5, 0.5, 0]],
    [[-1, 2, 0, 0]],
  ] as const)('refuses %o as posteriors', async ([posteriors]) => {
    const classifier = await alwaysSays(posteriors);
    const clip = { keyword: 'other', sampleRateHz: SAMPLE_RATE_HZ, samples: new Float32Array(SAMPLE_RATE_HZ) };

    await expect(selfTest(classifier, [clip])).rejects.toMatchObject({ code: 'self_test_failed' });
  });
});

test('a consumer that is busy finds the latest value, and none twice', async () => {
  const stop = new AbortController();
  const place = new Latest<number>();
  const values = place.values(stop.signal);

  place.set(1);
  place.set(2);
  const first = await values.next();
  const waiting = values.next();
  place.set(3);
  const second = await waiting;
  const last = values.next();
  stop.abort();

  expect([first.value, second.value]).toEqual([2, 3]);
  expect((await last).done).toBe(true);
});

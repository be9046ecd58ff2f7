/** A model that follows its source, without a network: what it holds on to, and what it does with each piece of news. */

import { setImmediate } from 'node:timers/promises';

import { pino } from 'pino';
import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';

import { sha256Hex } from '#shared/model/artefact.ts';
import { Spotter } from '#shared/pipeline/spotter.ts';
import { writeBundle } from '#shared/registry/bundle.ts';
import type { InstanceStatus } from '#shared/registry/status.ts';

import { Latest } from '../../../../services/stream/models/latest.ts';
import { LiveModel } from '../../../../services/stream/models/live-model.ts';
import { ModelLoader } from '../../../../services/stream/models/model-loader.ts';
import { createModelMetrics } from '../../../../services/stream/models/model-metrics.ts';
import { ModelRefusedError } from '../../../../services/stream/models/model-source-error.ts';
import type { ModelOffer, ModelSource, SourceNews } from '../../../../services/stream/models/model-source.ts';
import { babble } from '../../../helpers/arbitrary-audio.ts';
import { testKernelEngine } from '../../../helpers/kernel.ts';
import { tinyArtefactFiles, type TinyModelOverrides } from '../../../helpers/tiny-model.ts';

const log = pino({ level: 'silent' });

/** Says what a test has it say, and keeps what it is told. */
class ScriptedSource implements ModelSource {
  readonly #news = new Latest<SourceNews>();
  #last: SourceNews | undefined;
  status: InstanceStatus | undefined;
  reports = 0;

  say(offer: ModelOffer, revision: number): void {
    this.#last = { type: 'release', origin: 'registry', revision, offer, rollout: undefined };
    this.#news.set(this.#last);
  }

  /** As a look at the registry does that finds nothing new. */
  sayAgain(): void {
    if (this.#last) this.#news.set(this.#last);
  }

  watch(signal: AbortSignal): AsyncIterable<SourceNews> {
    return this.#news.values(signal);
  }

  report(status: InstanceStatus): void {
    this.status = status;
    this.reports++;
  }

  current = () => Promise.resolve(undefined);
  lastGood = () => Promise.resolve(undefined);
  accepted = () => Promise.resolve();
  halt = () => Promise.resolve();
}

async function offerOf(overrides: TinyModelOverrides): Promise<ModelOffer> {
  const files = await tinyArtefactFiles(overrides);
  const { version, digest } = JSON.parse(files.manifestJson) as { version: string; digest: string };
  return { identity: await sha256Hex(writeBundle(files)), version, digest, fetch: () => Promise.resolve(files) };
}

async function liveModel() {
  const engine = await testKernelEngine();
  const loader = new ModelLoader({ engine, publicKeys: [], clips: [], log });
  const metrics = createModelMetrics(new Registry());
  const source = new ScriptedSource();
  const { signal } = new AbortController();
  const first = await loader.load(await offerOf({ version: '0' }), { name: 'tiny', signal });
  const options = { name: 'tiny', instance: 'test', source, loader, metrics, log, onForce: () => undefined };
  const model = new LiveModel({ model: first, origin: 'registry', revision: 0 }, options);
  model.follow();
  onTestFinished(() => model.close());
  const swapTo = async (version: string, revision: number): Promise<void> => {
    source.say(await offerOf({ version, seed: revision + 1 }), revision);
    await expect.poll(() => model.manifest.version, { timeout: 60_000, interval: 5 }).toBe(version);
  };
  return { engine, model, source, swapTo };
}

test('after 100 swaps under a live session the kernel holds no more memory than after ten', async () => {
  const { engine, model, swapTo } = await liveModel();
  const input = { sampleRateHz: 16_000 };
  const heard: string[] = [];
  const seat = model.seat({ session: 'one', input, knobs: {}, onMove: (classifier) => spotter.replaceClassifier(classifier) });
  const spotter = new Spotter({
    classifier: seat.classifier,
    input,
    listener: { onKeyword: () => undefined, onModelChange: () => heard.push(spotter.manifest.version) },
  });
  const stride = babble(1280);
  const held: number[][] = [];

  for (let i = 1; i <= 100; i++) {
    await swapTo(String(i), i);
    spotter.pushSamples(stride);
    held.push([engine.memory.usedBytes, engine.memory.totalBytes]);
  }
  spotter.close();
  seat.release();

  expect(heard).toEqual(Array.from({ length: 100 }, (_, i) => String(i + 1)));
  expect(held.at(-1)).toEqual(held[9]);
});

test('what could not be fetched is tried again when the source says the same again; what is bad is not', async () => {
  const { model, source, swapTo } = await liveModel();
  const good = await offerOf({ version: '1', seed: 9 });
  let fetches = 0;
  const flaky: ModelOffer = {
    ...good,
    fetch: async (signal) => {
      if (fetches++ === 0) throw new ModelRefusedError('model_fetch_failed', 'not there yet');
      return good.fetch(signal);
    },
  };
  source.say(flaky, 1);
  await expect.poll(() => source.status?.refused?.code, { timeout: 60_000 }).toBe('model_fetch_failed');
  source.sayAgain();
  await expect.poll(() => model.manifest.version, { timeout: 60_000 }).toBe('1');

  let looks = 0;
  const bad: ModelOffer = { ...good, identity: 'bad', digest: 'a'.repeat(64), fetch: (signal) => (looks++, good.fetch(signal)) };
  source.say(bad, 2);
  await expect.poll(() => source.status?.refused?.code, { timeout: 60_000 }).toBe('digest_mismatch');
  source.say(bad, 2);
  await swapTo('2', 3);

  expect([fetches, looks]).toEqual([2, 1]);
  expect(source.status).toMatchObject({ model: { version: '2' }, swaps: 2, revision: 3 });
  expect(source.status?.refused).toBeUndefined();
});

test('what the source says once more and is in force is not told of again', async () => {
  const { model, source, swapTo } = await liveModel();
  await swapTo('1', 1);
  await expect.poll(() => source.status?.revision, { timeout: 60_000 }).toBe(1);
  const { reports } = source;

  for (let i = 0; i < 10; i++) {
    source.sayAgain();
    await setImmediate();
  }
  await model.close();

  expect(source.reports).toBe(reports);
});

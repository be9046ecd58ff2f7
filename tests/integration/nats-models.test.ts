/** Models out of a real NATS server: swapped under live sessions, refused when they are bad, kept when the server is away. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { encodePcm } from '#shared/audio/pcm.ts';
import { readWav } from '#shared/audio/wav.ts';
import { readArtefact, type ArtefactFiles } from '#shared/model/artefact.ts';
import type { DetectedEvent, Start } from '#shared/protocol/messages.ts';
import { exportPublicKey, signManifest } from '#shared/registry/signature.ts';

import type { StreamServer } from '../../services/stream/server.ts';
import { babble, cutBytes } from '../helpers/arbitrary-audio.ts';
import { hear } from '../helpers/hear.ts';
import { testKernelEngine } from '../helpers/kernel.ts';
import { startNats, type NatsServer } from '../helpers/nats-server.ts';
import { readRecording } from '../helpers/recordings.ts';
import { TestRegistry } from '../helpers/registry.ts';
import { connect, MONO_S16, type StreamClient } from '../helpers/stream-client.ts';
import { startServer } from '../helpers/test-server.ts';
import { tinyArtefactFiles, type TinyModelOverrides } from '../helpers/tiny-model.ts';

const NAME = 'tiny';
/** What a busy machine may take; nothing is measured. */
const PATIENCE = { timeout: 100_000, interval: 50 };
const POINT = { threshold: 0.5, patience: 2, refractoryMs: 500 };
/** Words that no clip of the self-test says. */
const WORDS = {
  labels: ['ja', 'nein', '_unknown_', '_silence_'],
  keywords: ['ja', 'nein'],
  operatingPoints: { ja: POINT, nein: POINT },
  detection: { smoothingWindows: 3, releaseRatio: 1 },
};
const OTHER_WORDS = {
  ...WORDS,
  labels: ['ja', 'doch', '_unknown_', '_silence_'],
  keywords: ['ja', 'doch'],
  operatingPoints: { ja: POINT, doch: POINT },
};

const versionFiles = (version: string, overrides: TinyModelOverrides = {}): Promise<ArtefactFiles> =>
  tinyArtefactFiles({ ...WORDS, version, ...overrides });

async function natsForTest(): Promise<NatsServer> {
  const nats = await startNats();
  onTestFinished(() => nats.remove());
  return nats;
}

async function cacheForTest(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'kws-cache-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

interface ServiceOptions {
  readonly nats: NatsServer;
  readonly cache: string;
  readonly environment?: Record<string, string>;
}

async function serviceForTest({ nats, cache, environment = {} }: ServiceOptions): Promise<StreamServer> {
  const settings = { MODEL_SOURCE: 'nats', MODEL_NAME: NAME, NATS_URL: nats.url, MODEL_CACHE: cache, MAX_SESSIONS_PER_ADDRESS: '1000' };
  const server = await startServer({ ...settings, ...environment });
  onTestFinished(() => server.close());
  return server;
}

async function readinessOf({ url }: StreamServer): Promise<unknown> {
  return ((await (await fetch(`${url}/readyz`)).json()) as { models: unknown[] }).models[0];
}

async function openSession({ url }: StreamServer, knobs: Partial<Start> = {}): Promise<StreamClient> {
  const client = await connect(url);
  client.send({ ...MONO_S16, ...knobs });
  await client.next('ready');
  return client;
}

const CHUNK_SAMPLES = 3000;

/** Eleven seconds of speech, in chunks that no window begins with. */
async function speechChunks(): Promise<readonly Uint8Array[]> {
  const recordings = await Promise.all((['speech', 'yes-stop-left'] as const).map(readRecording));
  const bytes = Buffer.concat(recordings.map((recording) => encodePcm(readWav(recording).samples, 'pcm_s16le')));
  return cutBytes(bytes, [CHUNK_SAMPLES], 2).slice(0, 60);
}

/** What one session hears without any swap, at a threshold that the first keyword crosses again and again. */
async function heardAlone(files: ArtefactFiles, chunks: readonly Uint8Array[]) {
  const classifier = (await testKernelEngine()).load(await readArtefact(files));
  const input = { sampleRateHz: 16_000, encoding: 'pcm_s16le', channels: 1 } as const;
  const posteriors = hear({ classifier, input }, chunks).windows.map((window) => window.posteriors[0] ?? 0);
  const threshold = posteriors.toSorted((a, b) => a - b)[posteriors.length >> 1] ?? 0;
  const knobs = { threshold: { ja: threshold }, patience: 1, refractoryMs: 0 };
  return { knobs, events: hear({ classifier, input, knobs }, chunks).events.filter(({ keyword }) => keyword === 'ja') };
}

const withoutModel = ({ model: _model, sequence: _sequence, ...event }: DetectedEvent) => event;

test('100 sessions stream through 20 versions: none drops, nothing is lost or doubled, and bad versions are refused and reported', async () => {
  const nats = await natsForTest();
  const registry = await TestRegistry.open(nats.url, NAME);
  const [ours, theirs] = await Promise.all([1, 2].map(() => crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])));
  const signed = async (files: ArtefactFiles, key = ours!.privateKey) => ({ signature: await signManifest(files.manifestJson, key) });
  const first = await versionFiles('0');
  await registry.point(await registry.store(first, await signed(first)));
  const publicKey = await exportPublicKey(ours!.publicKey);
  const server = await serviceForTest({ nats, cache: await cacheForTest(), environment: { MODEL_PUBLIC_KEYS: publicKey } });
  const chunks = await speechChunks();
  const alone = await heardAlone(first, chunks);
  const clients = await Promise.all(Array.from({ length: 100 }, () => openSession(server, alone.knobs)));
  let sent = 0;
  const sendAll = (): void => {
    const chunk = chunks[sent++] ?? new Uint8Array(0);
    for (const client of clients) client.sendAudio(chunk);
  };
  const flipped = (bundle: Uint8Array): void => void (bundle[bundle.length - 1]! ^= 1);
  const refused: string[] = [];
  const nextRefusal = async (version: string): Promise<void> => {
    await expect.poll(async () => (await registry.statuses())[0]?.refused?.version, PATIENCE).toBe(version);
    refused.push((await registry.statuses())[0]?.refused?.code ?? '');
  };

  for (let i = 1; i <= 20; i++) {
    const version = String(i);
    const files = await versionFiles(version, i === 12 ? OTHER_WORDS : {});
    sendAll();
    if (i === 3) await registry.point(await registry.store(files, { ...(await signed(files)), meddle: flipped }));
    else if (i === 7)
      await registry.point({
        ...(await registry.store({ ...files, weightsBytes: files.weightsBytes.subarray(4) })),
        ...(await signed(files)),
      });
    else if (i === 11) await registry.pointText('{"formatVersion":1}');
    else if (i === 15) await registry.point(await registry.store(files, await signed(files, theirs!.privateKey)));
    else await registry.point(await registry.store(files, await signed(files)));
    sendAll();
    if (i === 11) await nextRefusal('');
    else if (i === 3 || i === 7 || i === 15) await nextRefusal(version);
    else for (const client of clients) expect((await client.next('model')).model.version).toBe(version);
    sendAll();
  }
  for (const client of clients) client.send({ type: 'stop' });
  const ends = await Promise.all(clients.map((client) => client.next('end')));

  expect(refused).toEqual(['bundle_mismatch', 'invalid_weights', 'invalid_document', 'signature_invalid']);
  expect(new Set(ends.map(({ samples }) => samples))).toEqual(new Set([60 * CHUNK_SAMPLES]));
  const expected = alone.events.map(withoutModel);
  expect(expected.length).toBeGreaterThanOrEqual(5);
  for (const client of clients) {
    const heard = client.takeAll('keyword').map(({ type: _, ...event }) => event);
    expect(heard.map(({ sequence }) => sequence)).toEqual(heard.map((_, i) => i));
    expect(heard.filter(({ keyword }) => keyword === 'ja').map(withoutModel)).toEqual(expected);
  }
  expect(await (await fetch(`${server.url}/metrics`)).text()).toContain('kws_model_swaps_total{name="tiny"} 16');
});

test('without NATS it starts with the model that ships, then follows; a wiped server changes nothing, and the last good model outlives all', async () => {
  const nats = await natsForTest();
  const cache = await cacheForTest();
  await nats.stop();

  const server = await serviceForTest({ nats, cache });
  const client = await openSession(server);
  const shipped = await readinessOf(server);
  await nats.restart();
  const registry = await TestRegistry.open(nats.url, NAME);
  await registry.publish(await versionFiles('1'));
  await expect.poll(() => readinessOf(server), PATIENCE).toMatchObject({ version: '1' });
  client.sendAudio(encodePcm(babble(16_000), 'pcm_s16le')); // it hears other features than the one that ships: it takes over with its first window
  const followed = await client.next('model');
  await nats.restart({ isWiped: true });
  client.sendAudio(encodePcm(babble(16_000), 'pcm_s16le'));
  const wiped = await readinessOf(server);
  const again = await TestRegistry.open(nats.url, NAME); // the old connection may not have noticed yet
  await again.publish(await versionFiles('2'));
  const afterWipe = await client.next('model');
  await nats.stop();
  const second = await serviceForTest({ nats, cache });
  const restarted = await readinessOf(second);
  await nats.restart();

  expect(shipped).toMatchObject({ name: NAME, origin: 'shipped' });
  expect(followed.model.version).toBe('1');
  expect(wiped).toMatchObject({ version: '1', origin: 'registry' });
  expect(afterWipe.model.version).toBe('2');
  expect(restarted).toMatchObject({ version: '2', origin: 'cache' });
  await expect.poll(() => readinessOf(second), PATIENCE).toMatchObject({ version: '2', origin: 'registry' });
  expect(second.model.version).toBe('2');
});

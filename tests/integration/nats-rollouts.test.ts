/** Candidates on trial: a share of sessions, or beside them all; and their end when they misbehave. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { encodePcm } from '#shared/audio/pcm.ts';
import type { ArtefactFiles } from '#shared/model/artefact.ts';

import type { StreamServer } from '../../services/stream/server.ts';
import { babble } from '../helpers/arbitrary-audio.ts';
import { startNats } from '../helpers/nats-server.ts';
import { TestRegistry } from '../helpers/registry.ts';
import { connect, MONO_S16, type StreamClient } from '../helpers/stream-client.ts';
import { startServer } from '../helpers/test-server.ts';
import { tinyArtefactFiles } from '../helpers/tiny-model.ts';

const PATIENCE = { timeout: 100_000, interval: 50 };
const KEYWORDS = { labels: ['ja', 'nein', '_unknown_', '_silence_'], keywords: ['ja', 'nein'] };
const QUIET = { threshold: 1, patience: 1, refractoryMs: 0 };
/** Is let go whenever it was heard: an event a window. */
const LOUD = { threshold: 0, patience: 1, refractoryMs: 0 };
const SECOND = encodePcm(babble(16_000), 'pcm_s16le');

/** Hears nothing, or, if it is loud, `ja` once a session. */
const files = (version: string, isLoud: boolean): Promise<ArtefactFiles> =>
  tinyArtefactFiles({ ...KEYWORDS, version, operatingPoints: { ja: isLoud ? LOUD : QUIET, nein: QUIET } });

async function setUp(): Promise<{ server: StreamServer; registry: TestRegistry }> {
  const nats = await startNats();
  const cache = await mkdtemp(join(tmpdir(), 'kws-cache-'));
  const registry = await TestRegistry.open(nats.url, 'tiny');
  await registry.publish(await files('1', false));
  const server = await startServer({ MODEL_SOURCE: 'nats', MODEL_NAME: 'tiny', NATS_URL: nats.url, MODEL_CACHE: cache });
  onTestFinished(async () => {
    await server.close();
    await nats.remove();
    await rm(cache, { recursive: true, force: true });
  });
  return { server, registry };
}

async function openSession({ url }: StreamServer): Promise<{ client: StreamClient; version: string }> {
  const client = await connect(url);
  client.send(MONO_S16);
  const { model } = await client.next('ready');
  return { client, version: model.version };
}

const metricsOf = async ({ url }: StreamServer): Promise<string> => (await fetch(`${url}/metrics`)).text();

test('a canary hears a share of the sessions, live ones too, and takes over or goes as the pointer says', async () => {
  const { server, registry } = await setUp();
  const live = await openSession(server);
  const [stable, candidate] = [await registry.pointer(), await registry.store(await files('2', false))];
  const rollout = { id: 'r1', mode: 'canary', candidate, share: 1 } as const;

  await registry.point(stable, { rollout });
  const moved = await live.client.next('model');
  const newcomer = await openSession(server);
  await registry.point(stable, { rollout: { ...rollout, share: 0 } });
  const movedBack = await live.client.next('model');
  await registry.point(stable, { rollout });
  await live.client.next('model');
  await registry.point(candidate);
  await expect.poll(() => server.model.version, PATIENCE).toBe('2');

  expect([live.version, moved.model.version, newcomer.version, movedBack.model.version]).toEqual(['1', '2', '2', '1']);
  expect(live.client.takeAll('model')).toEqual([]); // it was heard by the candidate, and still is
  await expect.poll(async () => (await registry.statuses())[0], PATIENCE).toMatchObject({ model: { version: '2' }, swaps: 1 });
});

test('a canary that hears too much is halted everywhere, and its sessions go back', async () => {
  const { server, registry } = await setUp();
  const candidate = await registry.store(await files('2', true));
  const band = { minAudioSeconds: 1, minEvents: 1, eventRateRatio: { min: 0, max: 3 } };
  const rollout = { id: 'r1', mode: 'canary', candidate, share: 0.5, band } as const;
  await registry.point(await registry.pointer(), { rollout });
  await expect.poll(() => metricsOf(server), PATIENCE).toContain('kws_rollout_share{name="tiny",mode="canary"} 0.5');

  const sessions = await Promise.all(Array.from({ length: 24 }, () => openSession(server)));
  for (const { client } of sessions) client.sendAudio(SECOND);
  const canaries = sessions.filter(({ version }) => version === '2');
  const movedBack = await Promise.all(canaries.map(({ client }) => client.next('model')));

  expect(canaries.length).toBeGreaterThan(0);
  expect(canaries.length).toBeLessThan(24);
  expect(new Set(movedBack.map(({ model }) => model.version))).toEqual(new Set(['1']));
  await expect.poll(async () => (await registry.pointer()).rollout?.halted?.reason, PATIENCE).toContain('events per hour');
  await expect.poll(async () => (await registry.statuses())[0]?.rollout?.state, PATIENCE).toBe('halted');
  expect(await metricsOf(server)).toContain('kws_rollout_halted_total{name="tiny"} 1');
  expect((await openSession(server)).version).toBe('1');
});

test('a shadow is heard by nobody; its disagreements are counted', async () => {
  const { server, registry } = await setUp();
  const { client } = await openSession(server);
  const candidate = await registry.store(await files('2', true));
  await registry.point(await registry.pointer(), { rollout: { id: 'r1', mode: 'shadow', candidate, share: 1 } });
  await expect.poll(() => metricsOf(server), PATIENCE).toContain('kws_rollout_sessions_total{name="tiny",side="candidate"} 1');

  for (let i = 0; i < 3; i++) client.sendAudio(SECOND);
  client.send({ type: 'stop' });
  const end = await client.next('end');

  expect(end).toMatchObject({ samples: 48_000, keywords: 0 });
  expect([...client.takeAll('keyword'), ...client.takeAll('model')]).toEqual([]);
  const metrics = await metricsOf(server);
  expect(metrics).toContain('kws_rollout_disagreements_total{name="tiny",only_heard_by="candidate"} 1');
  expect(metrics).not.toContain('only_heard_by="incumbent"');
  await registry.point(await registry.pointer(), { rollout: { id: 'r1', mode: 'shadow', candidate, share: 0.9 } });
  await expect
    .poll(async () => (await registry.statuses())[0]?.rollout, PATIENCE)
    .toMatchObject({
      state: 'running',
      share: 0.9,
      disagreements: { onlyCandidate: 1, onlyIncumbent: 0 },
      tallies: { candidate: { events: 1 } },
    });
});

test('a candidate that cannot be had is reported, and the incumbent serves', async () => {
  const { server, registry } = await setUp();
  const candidate = await registry.store(await files('2', false), { meddle: (bundle) => void (bundle[bundle.length - 1]! ^= 1) });

  await registry.point(await registry.pointer(), { rollout: { id: 'r1', mode: 'canary', candidate, share: 1 } });

  await expect
    .poll(async () => (await registry.statuses())[0], PATIENCE)
    .toMatchObject({ rollout: { state: 'refused' }, refused: { code: 'bundle_mismatch' } });
  expect((await openSession(server)).version).toBe('1');
});

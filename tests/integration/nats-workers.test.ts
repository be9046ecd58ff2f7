/** Several processes of one service that follow NATS: each changes its model, and each finds its way back when NATS was away. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { expect, onTestFinished, test } from 'vitest';

import { encodePcm } from '#shared/audio/pcm.ts';

import { babble } from '../helpers/arbitrary-audio.ts';
import { startNats, type NatsServer } from '../helpers/nats-server.ts';
import { TestRegistry } from '../helpers/registry.ts';
import { connect, MONO_S16, type StreamClient } from '../helpers/stream-client.ts';
import { PROJECT_DIRECTORY } from '../helpers/test-server.ts';
import { tinyArtefactFiles } from '../helpers/tiny-model.ts';

const MAIN = join(PROJECT_DIRECTORY, 'services', 'stream', 'main.ts');
const NAME = 'tiny';
const CHUNK = encodePcm(babble(1600), 'pcm_s16le');

/** Words that no clip of the self-test says. */
const filesOf = (version: string) =>
  tinyArtefactFiles({
    version,
    labels: ['ja', 'nein', '_unknown_', '_silence_'],
    keywords: ['ja', 'nein'],
    operatingPoints: Object.fromEntries(['ja', 'nein'].map((word) => [word, { threshold: 0.5, patience: 2, refractoryMs: 500 }])),
  });

/** A service of two processes. @returns its address */
async function startWorkers(nats: NatsServer): Promise<string> {
  const cache = await mkdtemp(join(tmpdir(), 'kws-cache-'));
  const settings = { PORT: '0', WORKERS: '2', MODEL_SOURCE: 'nats', MODEL_NAME: NAME, NATS_URL: nats.url, MODEL_CACHE: cache };
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN], {
    cwd: PROJECT_DIRECTORY,
    env: {
      ...process.env,
      ...settings,
      DRAIN_TIMEOUT_MS: '0',
      MAX_LOAD_PERCENT: '100000',
      MAX_LAG_MS: '600000',
      IDLE_TIMEOUT_MS: '600000',
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await exited;
    await rm(cache, { recursive: true, force: true });
  });
  const listening = String((await createInterface(child.stdout)[Symbol.asyncIterator]().next()).value);
  return /^listening on (http:\S+)$/.exec(listening)![1]!;
}

/** More than there are processes: connections are dealt out in turn. */
async function openSessions(url: string): Promise<readonly StreamClient[]> {
  const clients = await Promise.all(Array.from({ length: 6 }, () => connect(url)));
  for (const client of clients) {
    client.send(MONO_S16);
    await client.next('ready');
  }
  return clients;
}

/** Publishes, and waits until every session is heard by that version. */
async function follow(registry: TestRegistry, clients: readonly StreamClient[], version: string): Promise<void> {
  await registry.publish(await filesOf(version));
  await Promise.all(
    clients.map(async (client) => {
      const changed = client.next('model');
      for (let isHeard = false; !isHeard;) {
        client.sendAudio(CHUNK);
        isHeard = await Promise.race([changed.then(() => true), new Promise<false>((resolve) => setTimeout(resolve, 100, false))]);
      }
      expect((await changed).model.version).toBe(version);
    }),
  );
}

test('each process follows the pointer and follows again once NATS is back', { timeout: 240_000 }, async () => {
  const nats = await startNats();
  onTestFinished(() => nats.remove());
  await (await TestRegistry.open(nats.url, NAME)).publish(await filesOf('1'));
  const url = await startWorkers(nats);
  const before = await TestRegistry.open(nats.url, NAME);
  const clients = await openSessions(url);

  await follow(before, clients, '2');
  await nats.stop();
  for (const client of clients) client.sendAudio(CHUNK);
  await nats.restart();
  const after = await TestRegistry.open(nats.url, NAME);
  await follow(after, clients, '3');
  const metrics = await (await fetch(`${url}/metrics`)).text();
  for (const client of clients) client.send({ type: 'stop' });

  expect(metrics).toContain(`kws_model_swaps_total{name="${NAME}"} 4`); // two processes, two models after the first
  for (const client of clients) expect(await client.next('end')).toMatchObject({ samples: expect.any(Number) as number });
});

/** A network that breaks again and again: one watch is left, and it works. */

import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';

import { ModelCache } from '../../services/stream/models/model-cache.ts';
import { NatsLink } from '../../services/stream/models/nats-link.ts';
import { NatsSource } from '../../services/stream/models/nats-source.ts';
import { startNats } from '../helpers/nats-server.ts';
import { TestRegistry } from '../helpers/registry.ts';
import { tinyArtefactFiles } from '../helpers/tiny-model.ts';

const PATIENCE = { timeout: 100_000, interval: 10 };
const RECONNECTS = 50;
const log = pino({ level: 'silent' });

/** Passes everything on to a server, until its connections are cut. */
async function startProxy(targetUrl: string): Promise<{ readonly url: string; cut(): void }> {
  const { port } = new URL(targetUrl);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connectTcp(Number(port), '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from
        .on('error', () => to.destroy())
        .on('close', () => {
          to.destroy();
          sockets.delete(from);
        });
      from.pipe(to);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  onTestFinished(() => {
    cut();
    server.close();
  });
  return { url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`, cut };
}

test('after 50 lost connections there is one watch, and it hears of the next model', async () => {
  const nats = await startNats();
  const directory = await mkdtemp(join(tmpdir(), 'kws-cache-'));
  const registry = await TestRegistry.open(nats.url, 'tiny');
  await registry.publish(await tinyArtefactFiles({ version: '1' }));
  const proxy = await startProxy(nats.url);
  let connects = 0;
  const options = {
    url: proxy.url,
    credentialsFile: undefined,
    clientName: 'test',
    log,
    onConnected: (isUp: boolean) => (connects += isUp ? 1 : 0),
  };
  const link = new NatsLink({ servers: proxy.url, maxReconnectAttempts: -1, reconnectTimeWait: 10 }, options);
  const source = new NatsSource({ link, name: 'tiny', instance: 'test', cache: new ModelCache({ directory, name: 'tiny', log }), log });
  const stop = new AbortController();
  const versions: string[] = [];
  const watching = (async () => {
    for await (const news of source.watch(stop.signal)) if (news.type === 'release') versions.push(news.offer.version);
  })();
  onTestFinished(async () => {
    stop.abort();
    await watching;
    await link.close();
    await nats.remove();
    await rm(directory, { recursive: true, force: true });
  });

  await expect.poll(() => versions, PATIENCE).toEqual(['1']);
  for (let i = 0; i < RECONNECTS; i++) {
    await expect.poll(() => connects, PATIENCE).toBe(i + 1);
    proxy.cut();
  }
  await registry.publish(await tinyArtefactFiles({ version: '2' }));
  await expect.poll(() => versions.at(-1), PATIENCE).toBe('2');
  const manager = await registry.connection.jetstreamManager();

  await expect.poll(async () => (await manager.consumers.list('KV_kws_models').next()).length, PATIENCE).toBe(1);
});

/** A registry that makes no consumers, as while a cluster is without its leaders: models come all the same. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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

const PATIENCE = { timeout: 100_000, interval: 50 };
const CONFIG = `
jetstream { store_dir: $STORE_DIR }
authorization {
  users: [
    { user: publisher, password: p }
    { user: service, password: s, permissions { publish { deny: [ "$JS.API.CONSUMER.>" ] } } }
  ]
}
`;
const log = pino({ level: 'silent' });

test('without consumers a pointer is found and its artefact fetched', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kws-election-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const config = join(directory, 'nats.conf');
  await writeFile(config, CONFIG);
  const nats = await startNats({ config });
  onTestFinished(() => nats.remove());
  const registry = await TestRegistry.open(nats.url, 'tiny', { user: 'publisher', pass: 'p' });
  const link = await NatsLink.open({
    url: nats.url.replace('nats://', 'nats://service:s@'),
    credentialsFile: undefined,
    clientName: 'test',
    log,
    onConnected: () => undefined,
  });
  onTestFinished(() => link.close());
  const source = new NatsSource({ link, name: 'tiny', instance: 'test', cache: new ModelCache({ directory, name: 'tiny', log }), log });
  const fetched: string[] = [];
  const stop = new AbortController();
  const following = (async () => {
    for await (const news of source.watch(stop.signal)) {
      if (news.type !== 'release') continue;
      const { manifestJson } = await news.offer.fetch(stop.signal);
      fetched.push((JSON.parse(manifestJson) as { version: string }).version); // of our own model
    }
  })();
  onTestFinished(async () => {
    stop.abort();
    await following;
  });

  await registry.publish(await tinyArtefactFiles({ version: '1' }));
  await expect.poll(() => fetched.at(-1), PATIENCE).toBe('1');
  await registry.publish(await tinyArtefactFiles({ version: '2' }));

  await expect.poll(() => fetched.at(-1), PATIENCE).toBe('2');
});

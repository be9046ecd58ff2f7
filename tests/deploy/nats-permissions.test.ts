/** Who may do what with models on the NATS servers of deploy/k8s, by a real server with their configuration. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { connect, type NatsConnection } from 'nats';
import { expect, onTestFinished, test } from 'vitest';

import { pointerKey, REGISTRY_KV_BUCKET, REGISTRY_OBJECT_BUCKET, statusKey } from '#shared/registry/names.ts';

import { startNats, type NatsServer } from '../helpers/nats-server.ts';
import { TestRegistry } from '../helpers/registry.ts';
import { startServer } from '../helpers/test-server.ts';
import { tinyArtefactFiles } from '../helpers/tiny-model.ts';

const CONFIG = new URL('../../deploy/k8s/base/nats/nats.conf', import.meta.url);
const PASSWORDS = { STREAM_PASSWORD: 'of-stream', TRAINER_PASSWORD: 'of-trainer', ROUTE_PASSWORD: 'of-route', SERVER_NAME: 'alone' };
const NAME = 'tiny';

test('a stream service serves what the trainer published, and tells its status', async () => {
  const { nats, trainer } = await registryForTest();
  const cache = temporaryFolder();

  const server = await startServer({
    MODEL_SOURCE: 'nats',
    MODEL_NAME: NAME,
    NATS_URL: nats.url.replace('nats://', `nats://stream:${PASSWORDS.STREAM_PASSWORD}@`),
    MODEL_CACHE: cache,
  });
  onTestFinished(() => server.close());

  expect(server.model).toMatchObject({ name: NAME, version: '7.0.0' });
  await expect.poll(() => trainer.statuses(), { timeout: 20_000 }).toEqual([expect.objectContaining({ name: NAME })]);
});

test('a stream service runs the model that ships while nothing has been published, and takes what is', async () => {
  const { nats, trainer } = await emptyRegistryForTest();

  const server = await startServer({
    MODEL_SOURCE: 'nats',
    MODEL_NAME: 'commands',
    NATS_URL: nats.url.replace('nats://', `nats://stream:${PASSWORDS.STREAM_PASSWORD}@`),
    MODEL_CACHE: temporaryFolder(),
  });
  onTestFinished(() => server.close());

  expect(server.model.name).toBe('commands');
  const { version } = server.model;
  const published = new TestRegistry(trainer, 'commands');
  await published.publish(await tinyArtefactFiles({ name: 'commands', version: '7.0.0' }));
  expect(version).not.toBe('7.0.0');
  await expect.poll(() => server.model.version, { timeout: 60_000 }).toBe('7.0.0');
});

test('a stream service can store no model', async () => {
  const { nats } = await registryForTest();
  const connection = await connectAs(nats, 'stream', PASSWORDS.STREAM_PASSWORD);
  const permission = /permission|timeout/i;

  const objects = connection.jetstream({ timeout: 2000 }).views.os(REGISTRY_OBJECT_BUCKET);
  await expect(objects.then((store) => store.putBlob({ name: 'evil' }, new Uint8Array(10)))).rejects.toThrow(permission);
  const manager = connection.jetstreamManager({ timeout: 2000 });
  await expect(manager.then(({ streams }) => streams.delete(`KV_${REGISTRY_KV_BUCKET}`))).rejects.toThrow(permission);
  await expect(manager.then(({ streams }) => streams.purge(`OBJ_${REGISTRY_OBJECT_BUCKET}`))).rejects.toThrow(permission);
});

test('a stream service may write its status and the pointer of a roll-out, and no other key', async () => {
  const { nats } = await registryForTest();
  const connection = await connectAs(nats, 'stream', PASSWORDS.STREAM_PASSWORD);
  const bucket = await connection.jetstream({ timeout: 2000 }).views.kv(REGISTRY_KV_BUCKET, { bindOnly: true });

  await bucket.put(statusKey(NAME, 'pod-1'), '{}');
  const pointer = await bucket.get(pointerKey(NAME));
  await bucket.update(pointerKey(NAME), pointer!.value, pointer!.revision);

  await expect(bucket.put('something.else', '{}')).rejects.toThrow(/permission|timeout/i);
});

test('nobody comes in without a password', async () => {
  const { nats } = await registryForTest();

  await expect(connect({ servers: nats.url, reconnect: false })).rejects.toThrow(/authorization/i);
  await expect(connectAs(nats, 'trainer', PASSWORDS.STREAM_PASSWORD)).rejects.toThrow(/authorization/i);
});

async function registryForTest(): Promise<{ nats: NatsServer; trainer: TestRegistry }> {
  const { nats, trainer: connection } = await emptyRegistryForTest();
  const trainer = new TestRegistry(connection, NAME);
  await trainer.publish(await tinyArtefactFiles({ version: '7.0.0' }));
  return { nats, trainer };
}

/** One server; what makes three of them a cluster is left out, see nats-cluster.test.ts. */
async function emptyRegistryForTest(): Promise<{ nats: NatsServer; trainer: NatsConnection }> {
  const config = join(temporaryFolder(), 'nats.conf');
  writeFileSync(config, readFileSync(CONFIG, 'utf8').replace(/^cluster \{[\s\S]*?^\}$/m, ''));
  const nats = await startNats({ config, environment: PASSWORDS });
  onTestFinished(() => nats.remove());
  return { nats, trainer: await connectAs(nats, 'trainer', PASSWORDS.TRAINER_PASSWORD) };
}

async function connectAs(nats: NatsServer, user: string, pass: string): Promise<NatsConnection> {
  const connection = await connect({ servers: nats.url, user, pass, reconnect: false });
  onTestFinished(() => connection.close());
  return connection;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kws-nats-permissions-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

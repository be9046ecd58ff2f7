/** The three NATS servers of deploy/k8s find each other with their configuration, and what is published survives the loss of one. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { connect, type NatsConnection } from 'nats';
import { expect, onTestFinished, test } from 'vitest';

import { pointerKey, REGISTRY_KV_BUCKET, registryReplicas } from '#shared/registry/names.ts';

import { freePort } from '../helpers/free-port.ts';
import { startNats, type NatsServer } from '../helpers/nats-server.ts';

const CONFIG = readFileSync(new URL('../../deploy/k8s/base/nats/nats.conf', import.meta.url), 'utf8');
const STATEFUL_SET = readFileSync(new URL('../../deploy/k8s/base/nats/statefulset.yaml', import.meta.url), 'utf8');
const PASSWORDS = { STREAM_PASSWORD: 'of-stream', TRAINER_PASSWORD: 'of-trainer', ROUTE_PASSWORD: 'of-route' };

test('three servers hold what one is told, and the stream service reads it from those that are left', async () => {
  const servers = await startCluster();
  const trainer = await connectAs(servers, 'trainer', PASSWORDS.TRAINER_PASSWORD);
  const kv = await expect
    .poll(() => openBucket(trainer), { timeout: 60_000 }) // once they have chosen a leader
    .toMatchObject({ replicas: 3 })
    .then(() => trainer.jetstream().views.kv(REGISTRY_KV_BUCKET));
  await kv.put(pointerKey('tiny'), '{}');

  await servers[0]!.stop();

  const stream = await connectAs(servers.slice(1), 'stream', PASSWORDS.STREAM_PASSWORD);
  const read = async (): Promise<string | undefined> => {
    const bucket = await stream.jetstream({ timeout: 5000 }).views.kv(REGISTRY_KV_BUCKET, { bindOnly: true });
    return (await bucket.get(pointerKey('tiny')))?.string();
  };
  await expect.poll(() => read().catch(() => undefined), { timeout: 60_000 }).toBe('{}');
}, 180_000);

async function openBucket(connection: NatsConnection): Promise<{ replicas: number } | undefined> {
  try {
    const kv = await connection
      .jetstream({ timeout: 5000 })
      .views.kv(REGISTRY_KV_BUCKET, { replicas: registryReplicas(connection.info?.cluster) });
    return { replicas: (await kv.status()).replicas };
  } catch {
    return undefined; // not yet
  }
}

/** With the configuration and the variables of the cluster; the names that only the cluster resolves become addresses of this machine. */
async function startCluster(): Promise<NatsServer[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kws-nats-cluster-'));
  const ports = [await freePort(), await freePort(), await freePort()];
  const started = ports.map((port, index) => {
    const config = join(folder, `nats-${index}.conf`);
    writeFileSync(config, CONFIG.replace(/^ {2}port: 6222$/m, `  listen: "127.0.0.1:${port}"`).replace('http_port: 8222', ''));
    const known = { ...PASSWORDS, SERVER_NAME: `nats-${index}` };
    return startNats({ config, environment: { ...routesOf(ports), ...known } });
  });
  const servers = await Promise.all(started);
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.remove()));
    rmSync(folder, { recursive: true });
  });
  return servers;
}

/** The variables `ROUTE_n` as the StatefulSet sets them. */
function routesOf(ports: readonly number[]): Record<string, string> {
  const routes = [...STATEFUL_SET.matchAll(/- \{ name: (ROUTE_\d), value: '([^']+)' \}/g)].map(([, name, value]) => {
    const here = ports.reduce((text, port, index) => text.replace(`nats-${index}.nats-peers:6222`, `127.0.0.1:${port}`), value!);
    return [name!, here.replace('$(ROUTE_PASSWORD)', PASSWORDS.ROUTE_PASSWORD)] as const;
  });
  return Object.fromEntries(routes);
}

async function connectAs(servers: readonly NatsServer[], user: string, pass: string): Promise<NatsConnection> {
  const connection = await connect({ servers: servers.map(({ url }) => url), user, pass });
  onTestFinished(() => connection.close());
  return connection;
}

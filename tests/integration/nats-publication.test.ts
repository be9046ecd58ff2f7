/** Models published on a real NATS server. */

import { connect, Events, type NatsConnection } from 'nats';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { readArtefact, type ArtefactFiles } from '#shared/model/artefact.ts';
import { pointerKey, REGISTRY_KV_BUCKET, REGISTRY_OBJECT_BUCKET, statusKey } from '#shared/registry/names.ts';
import { verifyManifest } from '#shared/registry/signature.ts';
import type { InstanceStatus } from '#shared/registry/status.ts';

import { ModelRegistry, type PublishOptions } from '../../services/trainer/publication/model-registry.ts';
import { startNats, type NatsServer } from '../helpers/nats-server.ts';
import { tinyArtefactFiles } from '../helpers/tiny-model.ts';

const PUBLISH: PublishOptions = { from: undefined, introduction: { mode: 'all' }, publishedAt: '2026-01-02T03:04:05.000Z' };
const HOUR_MS = 3600_000;

let server: NatsServer;
let connection: NatsConnection;
let registry: ModelRegistry;
/** Hours since the test began, as the registry sees it. */
let hoursOn = 0;

beforeAll(async () => {
  server = await startNats();
  connection = await connect({ servers: server.url });
});
afterAll(async () => {
  await connection.close();
  await server.remove();
});
beforeEach(async () => {
  const jetstream = await connection.jetstreamManager();
  for (const stream of [`KV_${REGISTRY_KV_BUCKET}`, `OBJ_${REGISTRY_OBJECT_BUCKET}`])
    await jetstream.streams.delete(stream).catch(() => undefined);
  registry = await ModelRegistry.open(connection, () => Date.now() + hoursOn * HOUR_MS);
  hoursOn = 0;
});

function model(version: string, seed = Number(version)): Promise<ArtefactFiles> {
  return tinyArtefactFiles({ version, seed });
}

/** Publishes versions one after the other, each from the one before. */
async function publishInTurn(...versions: readonly string[]): Promise<void> {
  for (const version of versions) {
    const current = await registry.current('tiny');
    await registry.publish(await model(version), { ...PUBLISH, from: current?.revision });
  }
}

describe('publishing', () => {
  test('puts a model in force that reads back bit for bit', async () => {
    const files = await model('1');

    const { reference, revision } = await registry.publish(files, PUBLISH);

    const current = await registry.current('tiny');
    expect(current).toMatchObject({ revision, pointer: { name: 'tiny', version: '1', publishedAt: PUBLISH.publishedAt } });
    const fetched = await registry.fetch(reference);
    expect(fetched.manifestJson).toBe(files.manifestJson);
    expect(Buffer.compare(fetched.weightsBytes, files.weightsBytes)).toBe(0);
    expect(await registry.names()).toEqual(['tiny']);
  });

  test('signs the manifest, in the pointer and in the model, so that the public key verifies both', async () => {
    const { privateKey, publicKey } = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);

    const { reference } = await registry.publish(await model('1'), { ...PUBLISH, privateKey });

    const { manifestJson, weightsBytes } = await registry.fetch(reference);
    await verifyManifest(manifestJson, [publicKey], reference.signature);
    await verifyManifest(manifestJson, [publicKey]);
    await readArtefact({ manifestJson, weightsBytes });
  });

  test.each([2, 5])('%i publishers at once: one wins, the others are told who did', async (count) => {
    await publishInTurn('1');
    const from = (await registry.current('tiny'))?.revision;
    const candidates = await Promise.all(Array.from({ length: count }, (_, i) => model(String(i + 2))));

    const outcomes = await Promise.allSettled(candidates.map((files) => registry.publish(files, { ...PUBLISH, from })));

    const winners = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.reference.version] : []));
    expect(winners).toHaveLength(1);
    expect((await registry.current('tiny'))?.pointer.version).toBe(winners[0]);
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') continue;
      expect(outcome.reason).toMatchObject({
        code: 'publish_conflict',
        message: expect.stringContaining(`${winners[0]} is in force`) as unknown,
      });
    }
  });

  test('two first publishers at once: one wins', async () => {
    const outcomes = await Promise.allSettled([registry.publish(await model('1'), PUBLISH), registry.publish(await model('2'), PUBLISH)]);

    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('the same model twice is harmless, another one under the same version is refused and the first stays', async () => {
    await publishInTurn('1', '1');
    const from = (await registry.current('tiny'))?.revision;

    const other = registry.publish(await model('1', 99), { ...PUBLISH, from });

    await expect(other).rejects.toMatchObject({ code: 'version_taken' });
    expect((await registry.current('tiny'))?.revision).toBe(from);
  });

  test('stores nothing of what is no valid model', async () => {
    const { manifestJson, weightsBytes } = await model('1');
    const damaged = { manifestJson, weightsBytes: weightsBytes.with(0, (weightsBytes[0] ?? 0) ^ 1) };

    await expect(registry.publish(damaged, PUBLISH)).rejects.toMatchObject({ code: 'digest_mismatch' });

    expect(await registry.stored('tiny')).toEqual([]);
    expect(await registry.current('tiny')).toBeUndefined();
  });

  test('leaves the old model in force when the bytes on the server are not those that were sent', async () => {
    await publishInTurn('1');
    const files = await model('2');
    const { reference } = await registry.publish(files, { ...PUBLISH, from: (await registry.current('tiny'))?.revision });
    await registry.rollback('tiny');
    const objects = await connection.jetstream().views.os(REGISTRY_OBJECT_BUCKET);
    await objects.putBlob({ name: reference.object }, new Uint8Array(reference.bundleBytes));

    const again = registry.promote('tiny', '2');

    await expect(again).rejects.toMatchObject({ code: 'publish_not_verified' });
    expect((await registry.current('tiny'))?.pointer.version).toBe('1');
  });

  test('goes on after the server was restarted, with all that was there', async () => {
    await publishInTurn('1');
    const again = connection.status();
    await server.restart();
    for await (const { type } of again) if (type === Events.Reconnect) break;

    await publishInTurn('2');

    expect((await registry.history('tiny')).map(({ pointer }) => pointer.version)).toEqual(['1', '2']);
  });
});

describe('trying a candidate', () => {
  async function onTrial(): Promise<void> {
    await publishInTurn('1');
    const from = (await registry.current('tiny'))?.revision;
    await registry.publish(await model('2'), { ...PUBLISH, from, introduction: { mode: 'canary', share: 0.1 } });
  }

  test('leaves the incumbent in force beside it', async () => {
    await onTrial();

    const pointer = (await registry.current('tiny'))?.pointer;
    expect(pointer).toMatchObject({ version: '1', rollout: { mode: 'canary', share: 0.1, candidate: { version: '2' } } });
  });

  test('promote puts it in force, and the trial is over', async () => {
    await onTrial();

    await registry.promote('tiny');

    const pointer = (await registry.current('tiny'))?.pointer;
    expect(pointer?.version).toBe('2');
    expect(pointer?.rollout).toBeUndefined();
  });

  test('rollback ends it, and the incumbent stays', async () => {
    await onTrial();

    await registry.rollback('tiny');

    const pointer = (await registry.current('tiny'))?.pointer;
    expect(pointer?.version).toBe('1');
    expect(pointer?.rollout).toBeUndefined();
  });

  test('needs an incumbent', async () => {
    const first = registry.publish(await model('1'), { ...PUBLISH, introduction: { mode: 'shadow', share: 1 } });

    await expect(first).rejects.toMatchObject({ code: 'no_such_model' });
  });
});

describe('going back', () => {
  test('puts back what was in force before, again and again', async () => {
    await publishInTurn('1', '2', '3');

    const versions = [(await registry.rollback('tiny')).reference.version, (await registry.rollback('tiny')).reference.version];

    expect(versions).toEqual(['2', '3']); // what was in force before the first rollback is what a second one brings back
  });

  test.each([
    ['rollback without a model', () => registry.rollback('tiny'), 'no_such_model'],
    ['promotion of a version that never was', () => registry.promote('tiny', '9'), 'no_such_model'],
  ])('refuses a %s', async (_, act, code) => {
    await expect(act()).rejects.toMatchObject({ code });
  });

  test('refuses when there is nothing to go back to, or no such version, or no trial', async () => {
    await publishInTurn('1');

    await expect(registry.rollback('tiny')).rejects.toMatchObject({ code: 'nothing_to_roll_back' });
    await expect(registry.promote('tiny', '9')).rejects.toMatchObject({ code: 'no_such_version' });
    await expect(registry.promote('tiny')).rejects.toMatchObject({ code: 'no_rollout' });
  });
});

describe('pruning', () => {
  test('keeps what is in force, what was lately, and what is fresh', async () => {
    await publishInTurn('1', '2', '3', '4');

    expect(await registry.prune('tiny', 2)).toEqual([]);
    hoursOn = 2;
    const removed = await registry.prune('tiny', 2);

    expect(removed.map(({ version }) => version).sort()).toEqual(['1', '2']);
    expect((await registry.stored('tiny')).map(({ version }) => version).sort()).toEqual(['3', '4']);
    await expect(registry.promote('tiny', '1')).rejects.toMatchObject({ code: 'no_such_version' });
    await registry.rollback('tiny');
  });

  test('never removes a candidate on trial', async () => {
    await publishInTurn('1', '2');
    const from = (await registry.current('tiny'))?.revision;
    await registry.publish(await model('3'), { ...PUBLISH, from, introduction: { mode: 'canary', share: 0.5 } });
    hoursOn = 2;

    await registry.prune('tiny', 1);

    expect((await registry.stored('tiny')).map(({ version }) => version).sort()).toEqual(['2', '3']);
    await registry.promote('tiny');
  });
});

test('a connection that the server refuses is told as one sentence, without what was in the address', async () => {
  const { connectRegistry } = await import('../../services/trainer/publication/registry-connection.ts');

  const refused = connectRegistry({ NATS_URL: 'nats://user:secret@127.0.0.1:1' });

  await expect(refused).rejects.toMatchObject({ code: 'registry_unreachable', message: expect.not.stringContaining('secret') as unknown });
  await expect(connectRegistry({})).rejects.toMatchObject({ code: 'registry_not_configured' });
});

test('a server that stops answering meanwhile is told as one sentence', async () => {
  const { withRegistry } = await import('../../services/trainer/commands/models/with-registry.ts');
  const own = await startNats();
  let resume: () => void = () => undefined;

  const asked = withRegistry({ environment: { NATS_URL: own.url } }, async (opened) => {
    resume = own.pause();
    return opened.current('tiny');
  });

  await expect(asked).rejects.toMatchObject({ code: 'registry_unreachable' });
  resume();
  await own.remove();
});

test('the history is read while others publish', async () => {
  await publishInTurn('1');
  const bucket = await connection.jetstream().views.kv(REGISTRY_KV_BUCKET);
  const pointer = (await bucket.get(pointerKey('tiny')))?.string() ?? '';
  let isReading = true;
  const write = async (): Promise<void> => {
    while (isReading) await Promise.all(Array.from({ length: 8 }, () => bucket.put(pointerKey('tiny'), pointer)));
  };

  const writing = write();
  const versions = new Set<string>();
  for (let i = 0; i < 30; i++) for (const at of await registry.history('tiny')) versions.add(at.pointer.version);
  isReading = false;
  await writing;

  expect([...versions]).toEqual(['1']);
});

test('a name that cannot be one is told as one sentence', async () => {
  await expect(registry.current('Bad.Name!')).rejects.toMatchObject({ code: 'no_such_model' });
  await expect(registry.history('a b')).rejects.toMatchObject({ code: 'no_such_model' });
});

test('what instances say is read of each of them once, though they say it anew meanwhile', async () => {
  const bucket = await connection.jetstream().views.kv(REGISTRY_KV_BUCKET);
  const instances = ['a', 'b', 'c'];
  let isListing = true;
  const say = async (instance: string): Promise<void> => {
    while (isListing) await bucket.put(statusKey('tiny', instance), JSON.stringify(statusOf(instance)));
  };
  for (const instance of instances) await bucket.put(statusKey('tiny', instance), JSON.stringify(statusOf(instance)));

  const saying = Promise.all(instances.map(say));
  const listings: string[][] = [];
  for (let i = 0; i < 30; i++) listings.push((await registry.statuses('tiny')).map(({ instance }) => instance).sort());
  isListing = false;
  await saying;

  expect(listings).toEqual(listings.map(() => instances));
});

function statusOf(instance: string): InstanceStatus {
  const model = { version: '1', digest: 'sha256:0' };
  const counts = { revision: 1, sessions: 0, swaps: 0 };
  return { formatVersion: 1, name: 'tiny', instance, updatedAt: PUBLISH.publishedAt, model, origin: 'registry', ...counts };
}

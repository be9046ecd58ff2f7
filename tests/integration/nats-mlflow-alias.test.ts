/** The pointer on a real NATS server and the alias on a real MLflow server. */

import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { agreements, aliasPublished, registrySource } from '../../services/trainer/publication/mlflow-alias.ts';
import { ModelRegistry } from '../../services/trainer/publication/model-registry.ts';
import type { MlflowConnection } from '../../services/trainer/tracking/mlflow-http.ts';
import { startMlflow, type MlflowServer } from '../helpers/mlflow-server.ts';
import { startNats, type NatsServer } from '../helpers/nats-server.ts';
import { tinyArtefactFiles } from '../helpers/tiny-model.ts';

let nats: NatsServer;
let mlflow: MlflowServer;
let connection: NatsConnection;
beforeAll(async () => {
  [nats, mlflow] = await Promise.all([startNats(), startMlflow()]);
  connection = await connect({ servers: nats.url });
}, 120_000);
afterAll(async () => {
  await connection.close();
  await Promise.all([nats.remove(), mlflow.remove()]);
});

test('the alias follows the pointer, and where it did not, the comparison says so until it is mended', async () => {
  const server: MlflowConnection = { uri: mlflow.url, requestTimeoutMs: 20_000, retries: 2 };
  const registry = await ModelRegistry.open(connection);
  const publish = async (version: string, from?: number) =>
    registry.publish(await tinyArtefactFiles({ version, seed: Number(version) }), {
      from,
      introduction: { mode: 'all' },
      publishedAt: '2026-01-02T03:04:05.000Z',
    });
  const first = await publish('1');
  await aliasPublished(server, { name: 'tiny', reference: first.reference, source: registrySource(first.reference) });
  const agreed = await agreements(server, registry);

  const second = await publish('2', first.revision); // and the trainer is killed before it sets the alias
  const differing = await agreements(server, registry);
  const mend = () => aliasPublished(server, { name: 'tiny', reference: second.reference, source: registrySource(second.reference) });
  const numbers = [(await mend()).number, (await mend()).number];
  const mended = await agreements(server, registry);

  expect(agreed).toEqual([{ name: 'tiny', isAgreed: true, pointer: '1', alias: '1' }]);
  expect(differing).toEqual([{ name: 'tiny', isAgreed: false, pointer: '2', alias: '1' }]);
  expect(mended).toEqual([{ name: 'tiny', isAgreed: true, pointer: '2', alias: '2' }]);
  expect(numbers).toEqual(['2', '2']); // mending twice registers once
});

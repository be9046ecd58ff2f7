/** What is made on a cluster outlives the loss of one of its servers. */

import { connect, RetentionPolicy, type StreamInfo } from 'nats';
import { expect, onTestFinished, test } from 'vitest';

import { RegistryBucket } from '../../services/stream/models/registry-bucket.ts';
import { takeLease } from '../../services/trainer/publication/cycle/lease.ts';
import { Ledger } from '../../services/trainer/publication/cycle/ledger.ts';
import { ModelRegistry } from '../../services/trainer/publication/model-registry.ts';
import { SweepQueue } from '../../services/trainer/publication/sweep/sweep-queue.ts';
import { startNatsCluster } from '../helpers/nats-cluster.ts';

const PATIENCE = { timeout: 60_000, interval: 100 };

test('every bucket and stream has three copies in a cluster, also one that was made with fewer', async () => {
  const cluster = await startNatsCluster();
  onTestFinished(() => cluster.remove());
  const connection = await connect({ servers: cluster.url.split(',') });
  onTestFinished(() => connection.close());
  await expect.poll(() => connection.jetstreamManager().catch(() => undefined), PATIENCE).toBeDefined(); // there is a leader
  const { streams } = await connection.jetstreamManager();
  await streams.add({ name: 'kws_trials', subjects: ['kws.trials.*'], retention: RetentionPolicy.Workqueue });

  await new RegistryBucket().use(connection, () => Promise.resolve());
  await ModelRegistry.open(connection);
  await Ledger.open(connection, 'tiny');
  await (await takeLease(connection, 'tiny', 'test')).release();
  await SweepQueue.open(connection);

  const made: StreamInfo[] = [];
  for await (const stream of streams.list()) made.push(stream);
  expect(Object.fromEntries(made.map(({ config }) => [config.name, config.num_replicas]))).toEqual({
    KV_kws_models: 3,
    OBJ_kws_models: 3,
    KV_kws_cycles: 3,
    KV_kws_leases: 3,
    KV_kws_sweeps: 3,
    kws_trials: 3,
  });
});

/** The registry's key-value bucket on a connection to NATS: opened once, and anew after anything about it has failed. */

import type { JetStreamManagerOptions, KV, NatsConnection } from 'nats';

import { REGISTRY_KV_BUCKET, REGISTRY_KV_OPTIONS, registryReplicas } from '#shared/registry/names.ts';

/**
 * For one answer: while a cluster chooses its leaders anew none comes, and the next question may go to a server that has one.
 * `checkAPI` would ask the leader before each opening.
 */
const REQUESTS: JetStreamManagerOptions = { timeout: 2000, checkAPI: false };

export class RegistryBucket {
  #opened: { readonly connection: NatsConnection; readonly bucket: Promise<KV> } | undefined;

  /** Does something with the bucket, which is made if it is not there: a service may be up before anything was published. */
  async use<Result>(connection: NatsConnection, act: (bucket: KV) => Promise<Result>): Promise<Result> {
    try {
      return await act(await this.#open(connection));
    } catch (error) {
      this.#opened = undefined; // the server may have lost it
      throw error;
    }
  }

  #open(connection: NatsConnection): Promise<KV> {
    if (this.#opened?.connection !== connection) this.#opened = { connection, bucket: openBucket(connection) };
    return this.#opened.bucket;
  }
}

function openBucket(connection: NatsConnection): Promise<KV> {
  const replicas = registryReplicas(connection.info?.cluster);
  return connection.jetstream(REQUESTS).views.kv(REGISTRY_KV_BUCKET, { ...REGISTRY_KV_OPTIONS, replicas });
}

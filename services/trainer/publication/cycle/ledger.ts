/** Which data set the last cycle of a model was about, for the whole fleet. */

import type { KV, NatsConnection } from 'nats';
import { z } from 'zod';

import { ModelNameSchema, registryReplicas } from '#shared/registry/names.ts';

const LEDGER_BUCKET = 'kws_cycles';

const EntrySchema = z.object({ datasetDigest: z.string(), cycle: z.string(), published: z.string().optional() });
/** What came of a cycle. */
export type LedgerEntry = z.infer<typeof EntrySchema>;

export class Ledger {
  readonly #kv: KV;
  readonly #key: string;

  constructor(kv: KV, name: string) {
    this.#kv = kv;
    this.#key = `${ModelNameSchema.parse(name)}.done`;
  }

  static async open(connection: NatsConnection, name: string): Promise<Ledger> {
    const replicas = registryReplicas(connection.info?.cluster);
    return new Ledger(await connection.jetstream().views.kv(LEDGER_BUCKET, { history: 16, replicas }), name);
  }

  /** The last entry, if there is one. */
  async last(): Promise<LedgerEntry | undefined> {
    const entry = await this.#kv.get(this.#key);
    return entry?.operation === 'PUT' ? EntrySchema.parse(entry.json()) : undefined;
  }

  async write(entry: LedgerEntry): Promise<void> {
    await this.#kv.put(this.#key, JSON.stringify(entry));
  }
}

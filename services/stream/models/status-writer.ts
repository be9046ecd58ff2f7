/** What this instance tells the registry of a model: the latest only, and no more often than anybody looks. */

import { setTimeout as wait } from 'node:timers/promises';

import type { KV } from 'nats';
import type { Logger } from 'pino';

import { statusKey, statusKeys } from '#shared/registry/names.ts';
import { parseStatus, type InstanceStatus } from '#shared/registry/status.ts';

import { Latest } from './latest.ts';
import type { NatsLink } from './nats-link.ts';
import type { RegistryBucket } from './registry-bucket.ts';

/** Between two writes. */
const MIN_INTERVAL_MS = 500;
/** An instance that has said nothing for so long will not come back: its document is removed, by whoever sees it. */
const FORGOTTEN_MS = 24 * 3600_000;
/** How many of them are removed at a time, and how often. */
const MAX_SWEPT = 100;
const SWEEP_INTERVAL_MS = 3600_000;

export interface StatusWriterOptions {
  readonly link: NatsLink;
  readonly name: string;
  readonly instance: string;
  readonly log: Logger;
  readonly bucket: RegistryBucket;
}

/** One document. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #latest = new Latest<InstanceStatus>();
  #last: InstanceStatus | undefined;
  #sweptAtMs = -Infinity;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  set(status: InstanceStatus): void {
    this.#last = status;
    this.#latest.set(status);
  }

  /** Writes what is set until aborted; the last of it again to every new connection. */
  async run(signal: AbortSignal): Promise<void> {
    const unlisten = this.#options.link.onConnect(() => this.#last && this.#latest.set(this.#last));
    for await (const status of this.#latest.values(signal)) {
      await this.#attempt((bucket) => bucket.put(this.#key, JSON.stringify(status)));
      await this.#sweep();
      await wait(MIN_INTERVAL_MS, undefined, { signal }).catch(() => undefined); // the loop ends by itself
    }
    unlisten();
  }

  /** This instance is no more. */
  async withdraw(): Promise<void> {
    await this.#attempt((bucket) => bucket.purge(this.#key));
  }

  get #key(): string {
    return statusKey(this.#options.name, this.#options.instance);
  }

  async #attempt(act: (bucket: KV) => Promise<unknown>): Promise<void> {
    const { link, log, name, bucket } = this.#options;
    const { connection } = link;
    if (!connection) return;
    try {
      await bucket.use(connection, act);
    } catch (error) {
      log.info({ reason: String(error), name }, 'status not written');
    }
  }

  async #sweep(): Promise<void> {
    const nowMs = Date.now();
    if (nowMs - this.#sweptAtMs < SWEEP_INTERVAL_MS) return;
    this.#sweptAtMs = nowMs;
    await this.#attempt(async (bucket) => {
      let swept = 0;
      for await (const key of await bucket.keys(statusKeys(this.#options.name))) {
        if (swept === MAX_SWEPT) break;
        if (await isForgotten(bucket, key, nowMs)) {
          await bucket.purge(key);
          swept++;
        }
      }
    });
  }
}

async function isForgotten(bucket: KV, key: string, nowMs: number): Promise<boolean> {
  const entry = await bucket.get(key);
  return entry?.operation === 'PUT' && nowMs - Date.parse(parseStatus(entry.string()).updatedAt) > FORGOTTEN_MS;
}

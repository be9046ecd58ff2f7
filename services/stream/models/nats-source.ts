/** Models out of the registry on NATS: the pointer is watched, and looked at every so often all the same. */

import { setTimeout as wait } from 'node:timers/promises';

import type { KV, KvEntry, NatsConnection, QueuedIterator } from 'nats';
import type { Logger } from 'pino';

import { CodedError } from '#shared/coded-error.ts';
import type { ModelReference } from '#shared/registry/model-reference.ts';
import { pointerKey } from '#shared/registry/names.ts';
import { parsePointer, writePointer, type Pointer } from '#shared/registry/pointer.ts';
import type { InstanceStatus } from '#shared/registry/status.ts';

import { fetchObject } from './fetch-object.ts';
import { Latest } from './latest.ts';
import { ModelRefusedError } from './model-source-error.ts';
import type { ModelCache } from './model-cache.ts';
import type { ModelOffer, ModelSource, SourceNews } from './model-source.ts';
import type { NatsLink } from './nats-link.ts';
import { RegistryBucket } from './registry-bucket.ts';
import { StatusWriter } from './status-writer.ts';

/**
 * How often the pointer is looked at, watch or no watch: a watch is deaf for 10 s and more where the server that kept it is gone, and
 * whoever publishes meanwhile is not to wait for that. One small question, which any server with a copy answers.
 */
const RECONCILE_MS = 3000;
/** For the last words to a registry that may be gone: an end does not wait for it. */
const GOODBYE_LIMIT_MS = 2000;
/** Before a watch that ended is begun again. */
const WATCH_RETRY_MS = 1000;
/** How long a start waits for the registry, before it goes on with what it has. */
const FIRST_LOOK_MS = 3000;
/** Against a colleague who halts the same rollout, or a publisher, at the same moment. */
const HALT_TRIES = 5;

export interface NatsSourceOptions {
  readonly link: NatsLink;
  readonly name: string;
  readonly instance: string;
  readonly cache: ModelCache;
  readonly log: Logger;
}

/** One pointer. */
export class NatsSource implements ModelSource {
  readonly #options: NatsSourceOptions;
  readonly #bucket = new RegistryBucket();
  readonly #statuses: StatusWriter;
  readonly #news = new Latest<SourceNews>();
  #last: { readonly revision: number; readonly createdMs: number; readonly news: SourceNews } | undefined;

  constructor(options: NatsSourceOptions) {
    this.#options = options;
    this.#statuses = new StatusWriter({ ...options, bucket: this.#bucket });
  }

  async current(signal: AbortSignal): Promise<SourceNews | undefined> {
    const soon = AbortSignal.any([signal, AbortSignal.timeout(FIRST_LOOK_MS)]);
    const connection = await this.#options.link.connected(soon);
    if (!connection) return undefined;
    try {
      await Promise.race([this.#look(connection), aborted(soon)]);
    } catch (error) {
      this.#options.log.warn({ reason: String(error), name: this.#options.name }, 'the registry does not answer');
    }
    return this.#last?.news;
  }

  async lastGood(): Promise<SourceNews | undefined> {
    const reference = await this.#options.cache.lastGood();
    return reference && { type: 'release', origin: 'cache', revision: 0, offer: this.#offerOf(reference), rollout: undefined };
  }

  async *watch(signal: AbortSignal): AsyncGenerator<SourceNews, void, undefined> {
    const tasks = [this.#follow(signal), this.#reconcile(signal), this.#statuses.run(signal)];
    yield* this.#news.values(signal);
    const goodbye = Promise.all(tasks).then(() => this.#statuses.withdraw());
    await Promise.race([goodbye, wait(GOODBYE_LIMIT_MS, undefined, { ref: false })]);
  }

  async accepted({ reference }: ModelOffer): Promise<void> {
    if (reference) await this.#options.cache.remember(reference);
  }

  report(status: InstanceStatus): void {
    this.#statuses.set(status);
  }

  /** Writes into the pointer that the rollout is over, unless it is already, or another one runs. */
  async halt(rolloutId: string, reason: string): Promise<void> {
    for (let i = 0; i < HALT_TRIES; i++) {
      const { connection } = this.#options.link;
      if (!connection) break;
      try {
        await this.#bucket.use(connection, (bucket) => this.#writeHalt(bucket, rolloutId, reason));
        return;
      } catch (error) {
        this.#options.log.info({ reason: String(error) }, 'the pointer changed meanwhile, or the registry does not answer');
      }
    }
    throw new ModelRefusedError('model_fetch_failed', 'the registry did not take the end of the rollout');
  }

  async #writeHalt(bucket: KV, rolloutId: string, reason: string): Promise<void> {
    const entry = await bucket.get(pointerKey(this.#options.name));
    if (entry?.operation !== 'PUT') return;
    const pointer = parsePointer(entry.string());
    if (pointer.rollout?.id !== rolloutId || pointer.rollout.halted) return;
    const halted = { at: new Date().toISOString(), by: this.#options.instance, reason: reason.slice(0, 500) };
    await bucket.update(entry.key, writePointer({ ...pointer, rollout: { ...pointer.rollout, halted } }), entry.revision);
  }

  /** One watch at a time; each connection gets a new one, as the server may have forgotten the last. */
  async #follow(signal: AbortSignal): Promise<void> {
    const { link, name, log } = this.#options;
    while (!signal.aborted) {
      const connection = await link.connected(signal);
      if (!connection) return;
      try {
        const watch = await this.#bucket.use(connection, (bucket) => bucket.watch({ key: pointerKey(name) }));
        await this.#drainWatch(watch, signal);
      } catch (error) {
        log.info({ reason: String(error), name }, 'watch ended; it is begun again');
      }
      await wait(WATCH_RETRY_MS, undefined, { signal }).catch(() => undefined); // the condition says so
    }
  }

  async #drainWatch(watch: QueuedIterator<KvEntry>, signal: AbortSignal): Promise<void> {
    const stop = (): void => watch.stop();
    const unlisten = this.#options.link.onConnect(stop);
    signal.addEventListener('abort', stop, { once: true });
    try {
      if (signal.aborted) return;
      for await (const entry of watch) this.#take(entry);
    } finally {
      unlisten();
      signal.removeEventListener('abort', stop);
      watch.stop();
    }
  }

  /** Finds what a watch missed, and has what could not be fetched tried again. */
  async #reconcile(signal: AbortSignal): Promise<void> {
    const { link, name, log } = this.#options;
    while (!signal.aborted) {
      await wait(RECONCILE_MS, undefined, { signal }).catch(() => undefined); // the condition says so
      const { connection } = link;
      if (!connection) continue;
      try {
        await this.#look(connection);
        if (this.#last?.news.type === 'release') this.#news.set(this.#last.news);
      } catch (error) {
        log.info({ reason: String(error), name }, 'the registry does not answer');
      }
    }
  }

  async #look(connection: NatsConnection): Promise<void> {
    const entry = await this.#bucket.use(connection, (bucket) => bucket.get(pointerKey(this.#options.name)));
    if (entry) this.#take(entry);
  }

  /** Passes on what is new. A registry that was wiped counts from 1 again, but its clock goes on. */
  #take(entry: KvEntry): void {
    const { revision } = entry;
    const createdMs = entry.created.getTime();
    if (this.#last && revision <= this.#last.revision && createdMs <= this.#last.createdMs) return;
    if (entry.operation !== 'PUT') {
      this.#options.log.warn({ name: this.#options.name }, 'the pointer was deleted; the model in force stays');
      return;
    }
    const news = this.#newsOf(entry);
    this.#last = { revision, createdMs, news };
    this.#news.set(news);
  }

  #newsOf(entry: KvEntry): SourceNews {
    const { revision } = entry;
    try {
      const pointer = parsePointer(entry.string());
      return { type: 'release', origin: 'registry', revision, offer: this.#offerOf(pointer), rollout: this.#rolloutOf(pointer) };
    } catch (error) {
      if (error instanceof CodedError) return { type: 'fault', revision, error };
      throw error;
    }
  }

  #rolloutOf({ rollout }: Pointer) {
    return rollout && { ...rollout, candidate: this.#offerOf(rollout.candidate) };
  }

  #offerOf(reference: ModelReference): ModelOffer {
    const { version, digest, signature, bundleDigest } = reference;
    return {
      version,
      digest,
      signature,
      reference,
      identity: `${bundleDigest} ${signature ?? ''}`,
      fetch: (signal) => this.#options.cache.through(reference, () => this.#fetch(reference, signal)),
    };
  }

  async #fetch(reference: ModelReference, signal: AbortSignal) {
    const { connection } = this.#options.link;
    if (!connection) throw new ModelRefusedError('model_fetch_failed', 'there is no connection to the registry');
    return fetchObject(connection, reference, signal);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('timed out')), { once: true });
  });
}

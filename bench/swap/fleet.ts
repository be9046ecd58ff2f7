/** A NATS server, services that follow it in processes of their own, sessions on them, and a publisher. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { connect, type NatsConnection } from 'nats';

import type { ArtefactFiles } from '#shared/model/artefact.ts';
import type { InstanceStatus } from '#shared/registry/status.ts';

import { ModelRegistry } from '../../services/trainer/publication/model-registry.ts';
import { startNats, type NatsServer } from '../../tests/helpers/nats-server.ts';
import { ServerProcess } from '../stream/server-process.ts';
import { LiveSession } from './live-session.ts';

const MODEL = 'commands';
/** A busy machine is no reason to refuse sessions here. */
const NO_REFUSALS = { MAX_LOAD_PERCENT: '100000', MAX_LAG_MS: '600000', MAX_SESSIONS_PER_ADDRESS: '1000' };

export interface FleetOptions {
  readonly services: number;
  readonly workers: number;
  /** Of each service; dealt out to its workers in turn. */
  readonly sessions: number;
  /** As they lie in a model's folder. */
  readonly files: ArtefactFiles;
  /** Of Node, before the program. */
  readonly nodeOptions?: readonly string[];
}

/** All of them, on this machine. */
export class Fleet {
  readonly nats: NatsServer;
  readonly services: readonly ServerProcess[];
  readonly sessions: readonly LiveSession[];
  readonly #files: ArtefactFiles;
  readonly #cache: string;
  #connection: NatsConnection | undefined;

  /** Made by `start`. */
  constructor(parts: Pick<Fleet, 'nats' | 'services' | 'sessions'>, files: ArtefactFiles, cache: string) {
    this.nats = parts.nats;
    this.services = parts.services;
    this.sessions = parts.sessions;
    this.#files = files;
    this.#cache = cache;
  }

  /** Starts everything, on version 0 of the model. */
  static async start({ services: count, workers, sessions: sessionsEach, files, nodeOptions = [] }: FleetOptions): Promise<Fleet> {
    const nats = await startNats();
    const cache = await mkdtemp(join(tmpdir(), 'kws-bench-'));
    const first = new Fleet({ nats, services: [], sessions: [] }, files, cache);
    await first.publish('0');
    const environment = {
      ...NO_REFUSALS,
      PORT: '0',
      WORKERS: String(workers),
      MODEL_SOURCE: 'nats',
      MODEL_NAME: MODEL,
      NATS_URL: nats.url,
    };
    const services: ServerProcess[] = [];
    const sessions: LiveSession[] = [];
    for (let i = 0; i < count; i++) {
      const own = { MODEL_CACHE: join(cache, String(i)), LOG_LEVEL: 'error', INSTANCE_NAME: `bench-${i}` };
      const service = await ServerProcess.startService({ ...environment, ...own }, nodeOptions);
      services.push(service);
      for (let n = 0; n < sessionsEach; n++) sessions.push(await LiveSession.open(service.url));
    }
    await first.disconnect();
    return new Fleet({ nats, services, sessions }, files, cache);
  }

  /** Puts the model in force under another version, as the trainer does. */
  async publish(version: string): Promise<void> {
    const registry = await this.#registry();
    const manifestJson = JSON.stringify({ ...(JSON.parse(this.#files.manifestJson) as object), version });
    const current = await registry.current(MODEL);
    const options = { from: current?.revision, introduction: { mode: 'all' }, publishedAt: new Date().toISOString() } as const;
    await registry.publish({ ...this.#files, manifestJson }, options);
  }

  /** Publishes, and waits until every session is heard by it. @returns ms from the beginning of the publication, a session */
  async publishAndWait(version: string): Promise<readonly number[]> {
    const beganMs = performance.now();
    const heard = Promise.all(this.sessions.map((session) => session.heardBy(version)));
    await this.publish(version);
    return (await heard).map((ms) => ms - beganMs);
  }

  /** What each process says. */
  async statuses(): Promise<readonly InstanceStatus[]> {
    return (await this.#registry()).statuses(MODEL);
  }

  /** Lets go of the publisher's connection; the next use opens another. */
  async disconnect(): Promise<void> {
    await this.#connection?.close();
    this.#connection = undefined;
  }

  async stop(): Promise<void> {
    for (const session of this.sessions) session.close();
    await Promise.all(this.services.map((service) => service.stop()));
    await this.disconnect();
    await this.nats.remove();
    await rm(this.#cache, { recursive: true, force: true });
  }

  async #registry(): Promise<ModelRegistry> {
    this.#connection ??= await connect({ servers: this.nats.url });
    return ModelRegistry.open(this.#connection);
  }
}

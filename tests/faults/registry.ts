/** Faults of the model registry: NATS away, frozen, or without its leader. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { connect, type NatsConnection } from 'nats';

import type { ArtefactFiles } from '#shared/model/artefact.ts';

import { findParts } from '../../scripts/lib/parts.mjs';
import { readModelFiles } from '../../services/stream/models/model-files.ts';
import { ModelRegistry } from '../../services/trainer/publication/model-registry.ts';
import type { BuiltService } from '../helpers/built-service.ts';
import { startNatsCluster } from '../helpers/nats-cluster.ts';
import { startNats } from '../helpers/nats-server.ts';
import { DEFAULT_MODEL_DIRECTORY } from '../helpers/test-server.ts';
import type { Fault, FaultReport } from './fault.ts';
import { checkReadyAgain, checkSessions, until } from './recovery.ts';
import { startService, startUnderLoad } from './started.ts';
import { noteLog } from './workers.ts';

const NAME = 'commands';
const AWAY_MS = 3000;
/** For a start that waits for a registry in vain; it waits 3 s. */
const START_PATIENCE_MS = 20_000;
/** A service waits for JetStream so long at most, before it looks for itself, and once more. */
const SWAP_PATIENCE_MS = 30_000;
/** For a cluster to choose a leader anew. */
const ELECTION_PATIENCE_MS = 30_000;
const LOG = [
  'NATS connection lost',
  'NATS connected',
  'NATS not reached; trying on',
  'the registry does not answer',
  'watch ended; it is begun again',
  'model swapped',
  'model refused; the one in force stays',
];

const hasNats = (): string | undefined =>
  findParts(process.env).some(({ name, path }) => name === 'nats-server' && path !== undefined) ? undefined : 'nats-server is missing';

export const natsKilled: Fault = {
  name: 'nats-killed',
  describe: 'kill -9 of the only NATS server',
  obstacle: hasNats,
  run: async (report) => {
    const nats = await startNats();
    await using registry = await TestPublisher.open(nats.url, () => nats.remove());
    await registry.publish('1.0.0');
    await using started = await startUnderLoad({ environment: registry.environment });
    const { service, load } = started;

    await nats.stop();
    await checkReadyAgain(service, report); // it never was unready
    await wait(AWAY_MS);
    report.note(`metrics meanwhile: ${await registryMetrics(service)}`);
    await nats.restart();

    await registry.checkInForce('1.0.0', report);
    await registry.publish('1.1.0');
    await checkSwapped(service, '1.1.0', report);
    await checkReadyAgain(service, report);
    await checkSessions(load, report, { lost: 0 });
    noteLog(service, LOG, report.note);
  },
};

export const natsPaused: Fault = {
  name: 'nats-paused',
  describe: 'SIGSTOP of the only NATS server, in which a service starts',
  obstacle: hasNats,
  run: async (report) => {
    const nats = await startNats();
    await using registry = await TestPublisher.open(nats.url, () => nats.remove());
    await registry.publish('1.0.0');
    await using started = await startUnderLoad({ environment: registry.environment });
    const { service, load } = started;
    await until(() => service.log.some(({ msg }) => msg === 'NATS connected'));

    const resume = nats.pause();
    const beganMs = performance.now();
    const second = await startService({ environment: registry.environment });
    const tookMs = performance.now() - beganMs;
    const { models } = (await (await fetch(`${second.url}/readyz`)).json()) as { models: { origin: string }[] }; // of our own service
    report.check(
      'a service that starts meanwhile has the last good model',
      tookMs < START_PATIENCE_MS,
      `${(tookMs / 1000).toFixed(1)} s, origin ${models[0]?.origin}`,
    );
    await second.stop();
    report.check('it ends although NATS does not answer', second.hasExited);
    resume();

    await registry.publish('1.1.0');
    await checkSwapped(service, '1.1.0', report);
    await checkReadyAgain(service, report);
    await checkSessions(load, report, { lost: 0 });
    noteLog(service, LOG, report.note);
  },
};

export const natsLeaderKilled: Fault = {
  name: 'nats-leader-killed',
  describe: 'kill -9 of the leader of a cluster of three, and its data lost',
  obstacle: hasNats,
  run: async (report) => {
    const cluster = await startNatsCluster();
    await using registry = await TestPublisher.open(cluster.url, () => cluster.remove());
    await registry.publish('1.0.0');
    await using started = await startUnderLoad({ environment: registry.environment });
    const { service, load } = started;
    const leader = await registry.leader();

    await cluster.node(leader).stop();
    await registry.publish('1.1.0');
    report.check('what is published without the leader is acknowledged', true, `leader was ${leader}, is ${await registry.leader()}`);
    await checkSwapped(service, '1.1.0', report);
    await cluster.node(leader).restart({ isWiped: true });

    await registry.checkInForce('1.1.0', report);
    await checkReadyAgain(service, report);
    await checkSessions(load, report, { lost: 0 });
    noteLog(service, LOG, report.note);
  },
};

/** Publishes as the trainer does, and tries on while the registry is away. */
class TestPublisher implements AsyncDisposable {
  /** What a service needs to follow. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #connection: NatsConnection;
  readonly #cache: string;
  readonly #removeNats: () => Promise<void>;

  constructor(
    connection: NatsConnection,
    options: { readonly url: string; readonly cache: string; readonly removeNats: () => Promise<void> },
  ) {
    this.#connection = connection;
    this.#cache = options.cache;
    this.#removeNats = options.removeNats;
    this.environment = { MODEL_SOURCE: 'nats', MODEL_NAME: NAME, NATS_URL: options.url, MODEL_CACHE: options.cache };
  }

  static async open(url: string, removeNats: () => Promise<void>): Promise<TestPublisher> {
    const cache = await mkdtemp(join(tmpdir(), 'kws-fault-cache-'));
    const connection = await connect({ servers: url.split(','), maxReconnectAttempts: -1, reconnectTimeWait: 100, reconnectJitter: 100 });
    return new TestPublisher(connection, { url, cache, removeNats });
  }

  /** The model that ships under another version: it hears the same. */
  async publish(version: string): Promise<void> {
    const files = await versionOf(version);
    const introduction = { mode: 'all' } as const;
    await this.#patiently(async () => {
      const registry = await ModelRegistry.open(this.#connection);
      const from = (await registry.current(NAME))?.revision;
      await registry.publish(files, { from, introduction, publishedAt: new Date().toISOString() });
    });
  }

  async checkInForce(version: string, report: FaultReport): Promise<void> {
    const current = await this.#patiently(async () => (await ModelRegistry.open(this.#connection)).current(NAME));
    report.check('what was acknowledged is still there', current?.pointer.version === version, `${current?.pointer.version}`);
  }

  /** Of the pointers' stream. */
  async leader(): Promise<string> {
    return this.#patiently(async () => {
      const { cluster } = await (await this.#connection.jetstreamManager()).streams.info('KV_kws_models');
      if (cluster?.leader === undefined) throw new Error('there is no leader');
      return cluster.leader;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
    await this.#removeNats();
    await rm(this.#cache, { recursive: true, force: true });
  }

  async #patiently<Result>(act: () => Promise<Result>): Promise<Result> {
    const beganMs = performance.now();
    for (;;) {
      try {
        return await act();
      } catch (error) {
        if (performance.now() - beganMs > ELECTION_PATIENCE_MS) throw error;
        await wait(100);
      }
    }
  }
}

async function versionOf(version: string): Promise<ArtefactFiles> {
  const { manifestJson, weightsBytes } = await readModelFiles(DEFAULT_MODEL_DIRECTORY);
  const manifest = JSON.parse(manifestJson) as Record<string, unknown>; // of our own model
  return { manifestJson: JSON.stringify({ ...manifest, name: NAME, version }), weightsBytes };
}

async function checkSwapped(service: BuiltService, version: string, report: FaultReport): Promise<void> {
  const isServed = async (): Promise<boolean> =>
    ((await (await fetch(`${service.url}/v1/model`)).json()) as { version: string }).version === version;
  const tookMs = await until(isServed, SWAP_PATIENCE_MS);
  report.check(
    `version ${version} is served to live sessions`,
    tookMs !== undefined,
    tookMs === undefined ? 'not at all' : `after ${(tookMs / 1000).toFixed(1)} s`,
  );
}

async function registryMetrics(service: BuiltService): Promise<string> {
  const scrape = await service.scrape();
  const origin = scrape.all('kws_model_origin').filter(({ value }) => value === 1);
  return `kws_registry_connected ${scrape.sum('kws_registry_connected')}, kws_model_origin ${origin.map(({ labels }) => labels['origin']).join()}`;
}

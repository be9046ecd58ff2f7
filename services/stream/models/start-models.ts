/** Gets the models of a service ready: from their source, or else the last good one, or else the one that ships. */

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { Logger } from 'pino';
import type { Registry } from 'prom-client';

import { CodedError } from '#shared/coded-error.ts';
import type { Engine } from '#shared/model/classifier.ts';
import { ModelError } from '#shared/model/model-error.ts';
import { importPublicKey } from '#shared/registry/signature.ts';

import type { ModelSettings } from '../config.ts';
import { FileSource } from './file-source.ts';
import { LiveModel, type FirstModel } from './live-model.ts';
import type { LoadedModel } from './loaded-model.ts';
import { ModelCache } from './model-cache.ts';
import { ModelLoader } from './model-loader.ts';
import { createModelMetrics, type ModelMetrics } from './model-metrics.ts';
import type { ModelSource, SourceNews } from './model-source.ts';
import { NatsLink } from './nats-link.ts';
import { NatsSource } from './nats-source.ts';
import { readTestClips } from './self-test.ts';
import { ServedModels } from './served-models.ts';

/** Tells the processes of one host apart. */
const INSTANCE_SUFFIX_LENGTH = 8;

export interface StartModelsOptions {
  readonly settings: ModelSettings;
  readonly engine: Engine;
  readonly registry: Registry;
  readonly log: Logger;
  /** A model has been put in force, the first ones included. */
  readonly onForce: (model: LoadedModel) => void;
}

/** Models that follow their sources. */
export interface RunningModels {
  readonly models: ServedModels;
  readonly close: () => Promise<void>;
}

/** Where one name's models come from. */
interface NamedSource {
  /** As sessions ask for it; the model's own name when absent. */
  readonly name: string | undefined;
  readonly source: ModelSource;
  /** Where to look if the source has none. */
  readonly fallbacks: readonly ModelSource[];
}

/** @throws {CodedError} what keeps a model from being had from anywhere */
export async function startModels(options: StartModelsOptions): Promise<RunningModels> {
  const { settings, log, engine, registry } = options;
  const metrics = createModelMetrics(registry);
  const publicKeys = await Promise.all(settings.publicKeys.map(importPublicKey));
  const loader = new ModelLoader({ engine, publicKeys, clips: await readTestClips(settings.clipsDirectory), log });
  const instance = `${settings.instanceName}-${randomUUID().slice(0, INSTANCE_SUFFIX_LENGTH)}`;
  const link = settings.source.type === 'nats' ? await openLink(settings.source, { instance, log, metrics }) : undefined;
  const started: LiveModel[] = [];
  try {
    for (const named of sourcesOf({ ...options, instance }, link)) started.push(await startOne(named, { ...options, instance, loader, metrics }));
  } catch (error) {
    await Promise.all(started.map((model) => model.close()));
    await link?.close();
    throw error;
  }
  for (const model of started) model.follow();
  const models = new ServedModels(started as [LiveModel, ...LiveModel[]]); // there is one source at least
  return {
    models,
    close: async () => {
      await models.close();
      await link?.close();
    },
  };
}

type StartOptions = StartModelsOptions & { readonly instance: string; readonly loader: ModelLoader; readonly metrics: ModelMetrics };

async function startOne(named: NamedSource, { instance, loader, metrics, log, onForce }: StartOptions): Promise<LiveModel> {
  const first = await firstModel(named, { loader, log });
  const name = named.name ?? first.model.manifest.name;
  onForce(first.model);
  return new LiveModel(first, { name, source: named.source, instance, loader, metrics, log, onForce });
}

/** @throws {CodedError} why the first choice could not be had, if the others could not either */
async function firstModel(
  { name, source, fallbacks }: NamedSource,
  { loader, log }: Pick<StartOptions, 'loader' | 'log'>,
): Promise<FirstModel> {
  const { signal } = new AbortController();
  const looks: [look: () => Promise<SourceNews | undefined>, name: string | undefined][] = [
    [() => source.current(signal), name],
    [() => source.lastGood(), name],
    ...fallbacks.map((fallback): [() => Promise<SourceNews | undefined>, undefined] => [() => fallback.current(signal), undefined]),
  ];
  let fault: CodedError | undefined;
  for (const [look, expectedName] of looks) {
    try {
      const news = await look();
      if (news?.type === 'fault') throw news.error;
      if (!news) continue;
      const isOurs = news.origin === 'shipped';
      const model = await loader.load(news.offer, { name: expectedName, isFirst: true, isOurs, signal });
      if (news.origin === 'cache' || news.origin === 'shipped') {
        log.warn({ name, origin: news.origin, version: model.manifest.version }, 'the registry has not given the model; starting with another');
      }
      return { model, origin: news.origin, revision: news.revision };
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      fault ??= error;
    }
  }
  throw fault ?? new ModelError('model_not_found', `the registry does not give a model ${name}, and none was kept`);
}

function sourcesOf({ settings, instance, log }: Pick<StartOptions, 'settings' | 'instance' | 'log'>, link: NatsLink | undefined): readonly NamedSource[] {
  const { source, names, cacheDirectory, shippedDirectory } = settings;
  if (source.type === 'file') {
    if (names.length === 0) return [{ name: undefined, source: new FileSource({ directory: source.directory, log }), fallbacks: [] }];
    return names.map((name) => ({ name, source: new FileSource({ directory: directoryOf(name, source.directory), log }), fallbacks: [] }));
  }
  if (!link) throw new TypeError('a registry needs a connection');
  const shipped = new FileSource({ directory: shippedDirectory, origin: 'shipped', log });
  return names.map((name, i) => {
    const cache = new ModelCache({ directory: cacheDirectory, name, log });
    return { name, source: new NatsSource({ link, name, instance, cache, log }), fallbacks: i === 0 ? [shipped] : [] };
  });
}

/** The folder of that name, or the directory itself if there is none. */
function directoryOf(name: string, directory: string): string {
  const own = join(directory, name);
  return existsSync(own) ? own : directory;
}

function openLink(
  { url, credentialsFile }: Extract<ModelSettings['source'], { type: 'nats' }>,
  { instance, log, metrics }: Pick<StartOptions, 'instance' | 'log' | 'metrics'>,
): Promise<NatsLink> {
  const onConnected = (isConnected: boolean): void => metrics.registryConnected.set(isConnected ? 1 : 0);
  return NatsLink.open({ url, credentialsFile, clientName: `kws-stream ${instance}`, log, onConnected });
}

/** Artefacts in the object store on NATS: put, read back, listed, removed. */

import type { NatsConnection, ObjectInfo, ObjectStore } from 'nats';
import pRetry from 'p-retry';

import { readArtefact, sha256Hex, type ArtefactFiles } from '#shared/model/artefact.ts';
import { readBundle, writeBundle } from '#shared/registry/bundle.ts';
import type { ModelReference } from '#shared/registry/model-reference.ts';
import { objectName, REGISTRY_OBJECT_BUCKET, registryReplicas } from '#shared/registry/names.ts';

import { PublicationError } from './publication-error.ts';

/** A cluster that has just lost a server may try it for a read, and another for the next. */
const READ_TRIES = { retries: 2, minTimeout: 500 };

/** Where a bundle lies, and what it is. */
export type StoredBundle = Pick<ModelReference, 'version' | 'digest' | 'object' | 'bundleDigest' | 'bundleBytes'>;

/** An object of the store by its name, `<name>/<version>/<digest of the bundle>`. */
export interface ListedBundle {
  readonly object: string;
  readonly version: string;
  readonly bytes: number;
  readonly storedAt: Date;
}

export class BundleStore {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  static async open(connection: NatsConnection): Promise<BundleStore> {
    const description = 'models of the keyword spotter: artefacts';
    return new BundleStore(
      await connection.jetstream().views.os(REGISTRY_OBJECT_BUCKET, { description, replicas: registryReplicas(connection.info?.cluster) }),
    );
  }

  /**
   * Stores an artefact and reads it back as a stream service will. Storing the same one again is harmless.
   *
   * @throws {PublicationError} `publish_not_verified`
   * @throws {ModelError} if it is no valid artefact; then nothing is stored
   */
  async put(files: ArtefactFiles): Promise<StoredBundle> {
    const { manifest } = await readArtefact(files);
    const bytes = writeBundle(files);
    const bundleDigest = await sha256Hex(bytes);
    const { name, version, digest } = manifest;
    const object = objectName({ name, version, bundleDigest });
    const known = await this.#store.info(object);
    if (known?.size !== bytes.byteLength || known.deleted) await this.#store.putBlob({ name: object }, bytes);
    const stored = { version, digest, object, bundleDigest, bundleBytes: bytes.byteLength };
    await this.get(stored);
    return stored;
  }

  /** Reads and checks what a reference names. @throws {PublicationError} `no_such_version`, `publish_not_verified` */
  async get({ object, bundleDigest }: Pick<ModelReference, 'object' | 'bundleDigest'>): Promise<ArtefactFiles> {
    const bytes = await this.#read(object);
    const digest = await sha256Hex(bytes);
    if (digest !== bundleDigest) {
      throw new PublicationError(
        'publish_not_verified',
        `object ${object} has digest ${digest} instead of ${bundleDigest}: it was damaged on its way`,
      );
    }
    const files = readBundle(bytes);
    await readArtefact(files);
    return files;
  }

  /** What is stored of a model, newest first. */
  async list(name: string): Promise<ListedBundle[]> {
    const infos = await this.#infos();
    return infos
      .filter((info) => info.name.startsWith(`${name}/`))
      .map((info) => ({ object: info.name, version: versionOf(info.name), bytes: info.size, storedAt: new Date(info.mtime) }))
      .sort((a, b) => b.storedAt.getTime() - a.storedAt.getTime());
  }

  async remove(object: string): Promise<void> {
    await this.#store.delete(object);
  }

  async #read(object: string): Promise<Uint8Array> {
    const bytes = await pRetry(() => this.#store.getBlob(object), READ_TRIES).catch((cause: unknown) => {
      throw new PublicationError('publish_not_verified', `object ${object} cannot be read back: ${String(cause)}`, { cause });
    });
    if (bytes) return bytes;
    throw new PublicationError('no_such_version', `the registry does not hold ${object} any more`);
  }

  async #infos(): Promise<ObjectInfo[]> {
    return (await this.#store.list()).filter(({ deleted }) => !deleted);
  }
}

function versionOf(object: string): string {
  return object.split('/').slice(1, -1).join('/');
}

/** Publishes models to a NATS server as a trainer does, and worse. */

import { connect, type KV, type NatsConnection, type ObjectStore } from 'nats';
import { onTestFinished } from 'vitest';

import { sha256Hex, type ArtefactFiles } from '#shared/model/artefact.ts';
import { writeBundle } from '#shared/registry/bundle.ts';
import type { ModelReference } from '#shared/registry/model-reference.ts';
import {
  objectName,
  pointerKey,
  REGISTRY_KV_BUCKET,
  REGISTRY_KV_OPTIONS,
  REGISTRY_OBJECT_BUCKET,
  statusKeys,
} from '#shared/registry/names.ts';
import { parsePointer, writePointer, type Pointer, type PointerSchema } from '#shared/registry/pointer.ts';
import { parseStatus, type InstanceStatus } from '#shared/registry/status.ts';

import type { z } from 'zod';

type PointerDraft = Partial<z.input<typeof PointerSchema>>;

/** A publisher of one name. */
export class TestRegistry {
  readonly connection: NatsConnection;
  readonly #name: string;

  constructor(connection: NatsConnection, name: string) {
    this.connection = connection;
    this.#name = name;
  }

  /** Connects for one test. */
  static async open(url: string, name: string, login: { readonly user?: string; readonly pass?: string } = {}): Promise<TestRegistry> {
    const connection = await connect({ servers: url, maxReconnectAttempts: -1, reconnectTimeWait: 100, ...login });
    onTestFinished(() => connection.close());
    return new TestRegistry(connection, name);
  }

  /** Puts an artefact into the store; `meddle` may change its bytes after the digest was taken. */
  async store(
    files: ArtefactFiles,
    { signature, meddle }: { signature?: string; meddle?: (bundle: Uint8Array) => void } = {},
  ): Promise<ModelReference> {
    const bundle = writeBundle(files);
    const { version, digest } = JSON.parse(files.manifestJson) as { version: string; digest: string };
    const bundleDigest = await sha256Hex(bundle);
    const object = objectName({ name: this.#name, version, bundleDigest });
    meddle?.(bundle);
    await (await this.#objects()).putBlob({ name: object }, bundle);
    const publishedAt = new Date().toISOString();
    return {
      version,
      digest,
      object,
      bundleDigest,
      bundleBytes: bundle.byteLength,
      publishedAt,
      ...(signature !== undefined && { signature }),
    };
  }

  /** Moves the pointer. */
  async point(reference: ModelReference, draft: PointerDraft = {}): Promise<void> {
    await this.pointText(writePointer({ ...reference, formatVersion: 1, name: this.#name, ...draft }));
  }

  async pointText(text: string): Promise<void> {
    await (await this.bucket()).put(pointerKey(this.#name), text);
  }

  async publish(files: ArtefactFiles, draft: PointerDraft = {}): Promise<ModelReference> {
    const reference = await this.store(files);
    await this.point(reference, draft);
    return reference;
  }

  async pointer(): Promise<Pointer> {
    const entry = await (await this.bucket()).get(pointerKey(this.#name));
    return parsePointer(entry?.string() ?? '');
  }

  /** What all instances say. */
  async statuses(): Promise<readonly InstanceStatus[]> {
    const bucket = await this.bucket();
    const statuses: InstanceStatus[] = [];
    for await (const key of await bucket.keys(statusKeys(this.#name))) {
      const entry = await bucket.get(key);
      if (entry?.operation === 'PUT') statuses.push(parseStatus(entry.string()));
    }
    return statuses;
  }

  bucket(): Promise<KV> {
    return this.connection.jetstream().views.kv(REGISTRY_KV_BUCKET, { ...REGISTRY_KV_OPTIONS });
  }

  #objects(): Promise<ObjectStore> {
    return this.connection.jetstream().views.os(REGISTRY_OBJECT_BUCKET);
  }
}

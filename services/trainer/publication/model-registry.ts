/** Models on NATS as the trainer sees them: published, promoted, rolled back, pruned. */

import { randomUUID } from 'node:crypto';

import type { NatsConnection } from 'nats';

import type { ArtefactFiles } from '#shared/model/artefact.ts';
import { parseManifest } from '#shared/model/manifest.ts';
import { DOCUMENT_FORMAT_VERSION } from '#shared/registry/documents.ts';
import { ModelReferenceSchema, type ModelReference } from '#shared/registry/model-reference.ts';
import type { Pointer } from '#shared/registry/pointer.ts';
import type { Rollout } from '#shared/registry/rollout.ts';
import { signManifest, withSignature } from '#shared/registry/signature.ts';
import type { InstanceStatus } from '#shared/registry/status.ts';

import { BundleStore, type ListedBundle } from './bundle-store.ts';
import { PointerStore, type PointerAt } from './pointer-store.ts';
import { PublicationError } from './publication-error.ts';

/** An object may be one whose publisher has not moved the pointer yet. */
const PRUNE_MIN_AGE_MS = 3600_000;

/** How a candidate is put to work: for everybody, or tried first. */
export type Introduction = { readonly mode: 'all' } | Pick<Rollout, 'mode' | 'share'>;

export interface PublishOptions {
  /** The revision of the incumbent that the candidate was judged against; `undefined` when there was none. */
  readonly from: number | undefined;
  readonly introduction: Introduction;
  readonly privateKey?: CryptoKey | undefined;
  /** Why, where rules were overridden. */
  readonly note?: string | undefined;
  /** As ISO 8601. */
  readonly publishedAt: string;
}

/** What was put in force, or on trial. */
export interface Published {
  readonly reference: ModelReference;
  readonly revision: number;
}

export class ModelRegistry {
  readonly #pointers: PointerStore;
  readonly #bundles: BundleStore;
  readonly #nowMs: () => number;

  constructor(pointers: PointerStore, bundles: BundleStore, nowMs: () => number) {
    this.#pointers = pointers;
    this.#bundles = bundles;
    this.#nowMs = nowMs;
  }

  static async open(connection: NatsConnection, nowMs: () => number = Date.now): Promise<ModelRegistry> {
    return new ModelRegistry(await PointerStore.open(connection), await BundleStore.open(connection), nowMs);
  }

  /**
   * Stores the artefact, reads it back, then moves the pointer: stream services see the whole model or none of it.
   *
   * @throws {PublicationError} `publish_conflict`, `publish_not_verified`, `version_taken`, `no_such_model`
   * @throws {ModelError}
   */
  async publish(files: ArtefactFiles, options: PublishOptions): Promise<Published> {
    const { from, introduction, privateKey, note, publishedAt } = options;
    const { name, version } = parseManifest(JSON.parse(files.manifestJson));
    const signature = privateKey && (await signManifest(files.manifestJson, privateKey));
    const signed = signature === undefined ? files : { ...files, manifestJson: withSignature(files.manifestJson, signature) };
    const stored = await this.#bundles.put(signed);
    await this.#assertVersionIsFree(name, version, stored.object);
    const reference: ModelReference = { ...stored, publishedAt, ...(signature !== undefined && { signature }) };
    const pointer = await this.#pointerTo(reference, { name, introduction, note });
    return { reference, revision: await this.#pointers.move(pointer, from) };
  }

  current(name: string): Promise<PointerAt | undefined> {
    return this.#pointers.current(name);
  }

  history(name: string): Promise<PointerAt[]> {
    return this.#pointers.history(name);
  }

  names(): Promise<string[]> {
    return this.#pointers.names();
  }

  statuses(name: string): Promise<InstanceStatus[]> {
    return this.#pointers.statuses(name);
  }

  stored(name: string): Promise<ListedBundle[]> {
    return this.#bundles.list(name);
  }

  /** The artefact that a reference names. @throws {PublicationError} `no_such_version`, `publish_not_verified` */
  fetch(reference: ModelReference): Promise<ArtefactFiles> {
    return this.#bundles.get(reference);
  }

  /**
   * Puts a version in force that was published before; without one, the candidate on trial.
   *
   * @throws {PublicationError} `no_such_model`, `no_such_version`, `no_rollout`, `publish_conflict`
   */
  async promote(name: string, version?: string): Promise<Published> {
    const { pointer, revision } = await this.#required(name);
    const reference = version === undefined ? pointer.rollout?.candidate : await this.#published(name, version);
    if (!reference) throw new PublicationError('no_rollout', `no candidate of ${name} is on trial: name the version to put in force`);
    return this.#moveTo(name, reference, revision);
  }

  /**
   * Ends a trial; without one, puts back in force what was before.
   *
   * @throws {PublicationError} `no_such_model`, `no_such_version`, `nothing_to_roll_back`, `publish_conflict`
   */
  async rollback(name: string): Promise<Published> {
    const { pointer, revision } = await this.#required(name);
    if (pointer.rollout) return this.#moveTo(name, referenceIn(pointer), revision);
    const before = (await this.history(name)).filter(
      (entry) => entry.pointer.bundleDigest !== pointer.bundleDigest && entry.revision < revision,
    );
    const previous = before.at(-1);
    if (!previous) throw new PublicationError('nothing_to_roll_back', `no other version of ${name} was in force before ${pointer.version}`);
    return this.#moveTo(name, referenceIn(previous.pointer), revision);
  }

  /**
   * Removes artefacts, but for those in force or on trial, the last `keep` that were in force, and fresh ones.
   *
   * @returns what was removed
   */
  async prune(name: string, keep: number): Promise<ListedBundle[]> {
    const history = (await this.history(name)).reverse().map(({ pointer }) => pointer);
    const kept = new Set([...new Set(history.map(({ object }) => object))].slice(0, Math.max(1, keep)));
    const trial = history[0]?.rollout?.candidate.object;
    const removable = (await this.stored(name)).filter(
      ({ object, storedAt }) => !kept.has(object) && object !== trial && this.#nowMs() - storedAt.getTime() > PRUNE_MIN_AGE_MS,
    );
    for (const { object } of removable) await this.#bundles.remove(object);
    return removable;
  }

  async #pointerTo(
    reference: ModelReference,
    { name, introduction, note }: { name: string; introduction: Introduction; note: string | undefined },
  ): Promise<Pointer> {
    const common = { formatVersion: DOCUMENT_FORMAT_VERSION, name, ...(note !== undefined && { note }) };
    if (introduction.mode === 'all') return { ...common, ...reference } as Pointer;
    const { pointer: incumbent } = await this.#required(name);
    const rollout = { id: randomUUID(), mode: introduction.mode, share: introduction.share, candidate: reference };
    return { ...common, ...referenceIn(incumbent), rollout } as Pointer;
  }

  /** Whatever is put in force is read once more: it may have been pruned, or damaged. */
  async #moveTo(name: string, reference: ModelReference, from: number): Promise<Published> {
    await this.fetch(reference);
    const pointer = { formatVersion: DOCUMENT_FORMAT_VERSION, name, ...reference } as const;
    return { reference, revision: await this.#pointers.move(pointer, from) };
  }

  /** One version is one model: clients and people tell models apart by it. */
  async #assertVersionIsFree(name: string, version: string, object: string): Promise<void> {
    const taken = (await this.#references(name)).some((other) => other.version === version && other.object !== object);
    if (!taken) return;
    throw new PublicationError('version_taken', `version ${version} of ${name} is another model already: publish under another --version`);
  }

  async #required(name: string): Promise<PointerAt> {
    const current = await this.current(name);
    if (current) return current;
    throw new PublicationError('no_such_model', `nothing was ever published as ${name}`);
  }

  async #published(name: string, version: string): Promise<ModelReference> {
    const found = (await this.#references(name)).find((reference) => reference.version === version);
    if (found) return found;
    throw new PublicationError('no_such_version', `the history of ${name} holds no version ${version}`);
  }

  /** Everything that was in force or on trial and is remembered, newest first. */
  async #references(name: string): Promise<ModelReference[]> {
    const pointers = (await this.history(name)).reverse().map(({ pointer }) => pointer);
    return pointers.flatMap((pointer) => [...(pointer.rollout ? [pointer.rollout.candidate] : []), referenceIn(pointer)]);
  }
}

function referenceIn(pointer: Pointer): ModelReference {
  return ModelReferenceSchema.parse(pointer);
}

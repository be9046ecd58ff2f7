/** The pointers on NATS: read with their revision, moved only from the revision that was read. */

import type { KV, KvEntry, NatsConnection, StreamAPI } from 'nats';
import { NatsError } from 'nats';

import {
  ModelNameSchema,
  pointerKey,
  REGISTRY_KV_BUCKET,
  REGISTRY_KV_OPTIONS,
  registryReplicas,
  statusKeys,
} from '#shared/registry/names.ts';
import { parsePointer, writePointer, type Pointer } from '#shared/registry/pointer.ts';
import { parseStatus, type InstanceStatus } from '#shared/registry/status.ts';

import { PublicationError } from './publication-error.ts';

/** JetStream's code for "wrong last sequence": somebody else wrote in between. */
const WRONG_LAST_SEQUENCE = 10_071;
const POINTER_KEY = /^(.+)\.current$/;
/** How JetStream keeps a key-value bucket (ADR-8). */
const STREAM = `KV_${REGISTRY_KV_BUCKET}`;
const SUBJECT_PREFIX = `$KV.${REGISTRY_KV_BUCKET}.`;

/** A pointer, and the revision to move it from. */
export interface PointerAt {
  readonly pointer: Pointer;
  readonly revision: number;
  readonly movedAt: Date;
}

export class PointerStore {
  readonly #kv: KV;
  readonly #streams: StreamAPI;

  constructor(kv: KV, streams: StreamAPI) {
    this.#kv = kv;
    this.#streams = streams;
  }

  static async open(connection: NatsConnection): Promise<PointerStore> {
    const replicas = registryReplicas(connection.info?.cluster);
    const kv = await connection.jetstream().views.kv(REGISTRY_KV_BUCKET, { ...REGISTRY_KV_OPTIONS, replicas });
    return new PointerStore(kv, (await connection.jetstreamManager()).streams);
  }

  /** What is in force, if anything is. */
  async current(name: string): Promise<PointerAt | undefined> {
    const entry = await this.#kv.get(keyOf(name));
    return entry ? pointerAt(entry) : undefined;
  }

  /** What has been in force and is remembered, oldest first. */
  async history(name: string): Promise<PointerAt[]> {
    const found: PointerAt[] = [];
    // nats.js 2.29 gives `undefined` too, where somebody writes while it reads.
    const entries: AsyncIterable<KvEntry | undefined> = await this.#kv.history({ key: keyOf(name) });
    for await (const entry of entries) {
      const at = entry && pointerAt(entry);
      if (at) found.push(at);
    }
    return found;
  }

  /** The names that have a pointer. */
  async names(): Promise<string[]> {
    const names = (await this.#keys('*.current')).map((key) => POINTER_KEY.exec(key)?.[1] ?? key);
    const pointers = await Promise.all(names.map((name) => this.current(name)));
    return names.filter((_, i) => pointers[i]).sort();
  }

  /** What the running services say of a model; documents that do not fit are left out, theirs may be a later format. */
  async statuses(name: string): Promise<InstanceStatus[]> {
    const entries = await Promise.all((await this.#keys(statusKeys(name))).map((key) => this.#kv.get(key)));
    return entries.flatMap((entry) => (entry?.operation === 'PUT' ? (readStatus(entry.string()) ?? []) : []));
  }

  /**
   * Every key once, those of deleted values too, as of one moment. The library's own `keys` reads on while others write: it names a key
   * twice that is written meanwhile, or leaves it out.
   */
  async #keys(filter: string): Promise<string[]> {
    const { state } = await this.#streams.info(STREAM, { subjects_filter: SUBJECT_PREFIX + filter });
    return Object.keys(state.subjects ?? {}).map((subject) => subject.slice(SUBJECT_PREFIX.length));
  }

  /**
   * Moves the pointer, if nobody has since `from` was read.
   *
   * @param from - the revision it was read at; `undefined` when there was none
   * @returns the new revision
   * @throws {PublicationError} `publish_conflict`
   */
  async move(pointer: Pointer, from: number | undefined): Promise<number> {
    const key = pointerKey(pointer.name);
    const text = writePointer(pointer);
    try {
      return await (from === undefined ? this.#kv.create(key, text) : this.#kv.update(key, text, from));
    } catch (cause) {
      if (!isConflict(cause)) throw cause;
      const now = await this.current(pointer.name);
      const winner = now ? `${now.pointer.version} is in force since ${now.movedAt.toISOString()}` : 'it was removed';
      throw new PublicationError('publish_conflict', `somebody else moved the pointer of ${pointer.name} meanwhile: ${winner}`, { cause });
    }
  }
}

/** @throws {PublicationError} `no_such_model` what somebody typed cannot be a name */
function keyOf(name: string): string {
  if (ModelNameSchema.safeParse(name).success) return pointerKey(name);
  throw new PublicationError('no_such_model', `no model is called ${JSON.stringify(name)}: names are of a-z, 0-9, - and _, 64 at most`);
}

function pointerAt(entry: KvEntry): PointerAt | undefined {
  if (entry.operation !== 'PUT') return undefined;
  return { pointer: parsePointer(entry.string()), revision: entry.revision, movedAt: entry.created };
}

function readStatus(text: string): InstanceStatus | undefined {
  try {
    return parseStatus(text);
  } catch {
    return undefined;
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof NatsError && error.api_error?.err_code === WRONG_LAST_SEQUENCE;
}

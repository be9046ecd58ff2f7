/** The artefacts of one name on disk: what was fetched once is not fetched again, and the last good one is there when the registry is not. */

import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Logger } from 'pino';

import { sha256Hex, type ArtefactFiles } from '#shared/model/artefact.ts';
import { MAX_BUNDLE_BYTES, readBundle, writeBundle } from '#shared/registry/bundle.ts';
import type { ModelReference } from '#shared/registry/model-reference.ts';
import { MAX_REGISTRY_DOCUMENT_BYTES } from '#shared/registry/names.ts';
import { parsePointer, writePointer } from '#shared/registry/pointer.ts';
import { DOCUMENT_FORMAT_VERSION } from '#shared/registry/documents.ts';

const POINTER_FILE = 'current.json';
const BUNDLE_SUFFIX = '.bundle';
/** Artefacts that are kept: the last good one, a candidate, and those before them, for the way back. */
const MAX_BUNDLES = 4;

export interface ModelCacheOptions {
  /** Shared by all processes of a machine; made if it is not there. */
  readonly directory: string;
  readonly name: string;
  readonly log: Logger;
}

/** Nothing in it is trusted: whoever loads from it checks as if it came from afar. Files are replaced, never written to. */
export class ModelCache {
  readonly #options: ModelCacheOptions;

  constructor(options: ModelCacheOptions) {
    this.#options = options;
  }

  /** Gives an artefact from disk, or else by `fetch`, and then it is on disk. */
  async through(reference: ModelReference, fetch: () => Promise<ArtefactFiles>): Promise<ArtefactFiles> {
    const found = await this.#read(reference);
    if (found) return found;
    const files = await fetch();
    await this.#attempt(async () => {
      await this.#replace(reference.bundleDigest + BUNDLE_SUFFIX, writeBundle(files));
      await this.#prune(reference);
    });
    return files;
  }

  /** Remembers which one was good. */
  async remember(reference: ModelReference): Promise<void> {
    const { name } = this.#options;
    const pointer = writePointer({ ...reference, formatVersion: DOCUMENT_FORMAT_VERSION, name });
    await this.#attempt(() => this.#replace(POINTER_FILE, pointer));
  }

  /** The one that was good, if its artefact is there. */
  async lastGood(): Promise<ModelReference | undefined> {
    try {
      const reference = parsePointer((await this.#readFile(POINTER_FILE, MAX_REGISTRY_DOCUMENT_BYTES)).toString('utf8'));
      return (await this.#read(reference)) && reference;
    } catch {
      return undefined; // as good as none
    }
  }

  async #read({ bundleDigest }: ModelReference): Promise<ArtefactFiles | undefined> {
    try {
      const bundle = await this.#readFile(bundleDigest + BUNDLE_SUFFIX, MAX_BUNDLE_BYTES);
      return (await sha256Hex(bundle)) === bundleDigest ? readBundle(bundle) : undefined;
    } catch {
      return undefined; // as good as none
    }
  }

  async #readFile(file: string, maxBytes: number): Promise<Buffer> {
    const path = join(this.#directory, file);
    const { size } = await stat(path);
    if (size > maxBytes) throw new RangeError(`${file} has ${size} bytes`);
    return readFile(path);
  }

  /** Readers see the old file or the new one, even after a crash. */
  async #replace(file: string, content: string | Uint8Array): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const draft = join(this.#directory, `${file}.${randomUUID()}.tmp`);
    try {
      await writeFile(draft, content, { mode: 0o600, flush: true });
      await rename(draft, join(this.#directory, file));
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  /** Removes the oldest, but neither this one nor the last good one. */
  async #prune(reference: ModelReference): Promise<void> {
    const kept = new Set([reference.bundleDigest, (await this.lastGood())?.bundleDigest].map((digest) => `${digest}${BUNDLE_SUFFIX}`));
    const bundles = (await readdir(this.#directory)).filter((file) => file.endsWith(BUNDLE_SUFFIX) && !kept.has(file));
    const dated = await Promise.all(bundles.map(async (file) => ({ file, atMs: (await stat(join(this.#directory, file))).mtimeMs })));
    dated.sort((a, b) => b.atMs - a.atMs);
    for (const { file } of dated.slice(Math.max(0, MAX_BUNDLES - kept.size))) await rm(join(this.#directory, file), { force: true });
  }

  /** A disk that is full or read-only costs the next start its last good model, and nothing else. */
  async #attempt(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#options.log.warn({ reason: String(error), name: this.#options.name }, 'model not kept on disk');
    }
  }

  get #directory(): string {
    return join(this.#options.directory, this.#options.name);
  }
}

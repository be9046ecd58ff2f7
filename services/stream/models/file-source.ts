/** Models out of a directory, which is watched: `manifest.json` and `weights.bin`. */

import { watch as watchDirectory, type FSWatcher } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

import type { Logger } from 'pino';
import { z } from 'zod';

import { CodedError } from '#shared/coded-error.ts';
import { sha256Hex, type ArtefactFiles } from '#shared/model/artefact.ts';
import { writeBundle } from '#shared/registry/bundle.ts';

import { readModelFiles, stampOf } from './model-files.ts';
import type { ModelOffer, ModelOrigin, ModelSource, SourceNews } from './model-source.ts';

/** The files must stay as they are for so long before they are read: whoever writes them may not be done. */
const SETTLE_MS = 400;
/** Looks at the directory even if nothing was told: networks' file systems tell nothing, and links may be moved. */
const POLL_MS = 5000;

/** Files that are there and cannot be read are looked at again, changed or not. */
const UNREADABLE = 'model_not_found';

export interface FileSourceOptions {
  readonly directory: string;
  readonly log: Logger;
  readonly origin?: ModelOrigin;
}

/** Offers what lies in the directory, whenever it has changed. */
export class FileSource implements ModelSource {
  readonly #options: FileSourceOptions;
  /** Of the files that were last read. */
  #stamp: string | undefined;
  #revision = 0;

  constructor(options: FileSourceOptions) {
    this.#options = options;
  }

  async current(): Promise<SourceNews> {
    const { directory, origin = 'file' } = this.#options;
    this.#stamp = await stampOf(directory);
    this.#revision++;
    try {
      const offer = await offerOf(await readModelFiles(directory));
      return { type: 'release', origin, revision: this.#revision, offer, rollout: undefined };
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      if (error.code === UNREADABLE) this.#stamp = undefined; // it may be the machine's fault, such as too many open files
      return { type: 'fault', revision: this.#revision, error };
    }
  }

  async *watch(signal: AbortSignal): AsyncGenerator<SourceNews, void, undefined> {
    const bell = new Bell(this.#options, signal);
    try {
      while (await bell.rings()) {
        if (await this.#hasSettledAnew(signal)) yield await this.current();
      }
    } finally {
      bell.close();
    }
  }

  /** The directory is always there, or nothing is. */
  lastGood(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  accepted(): Promise<void> {
    return Promise.resolve();
  }

  /** Its status is in the log and the metrics. */
  report(): void {
    // nobody asks a directory
  }

  halt(): Promise<void> {
    return Promise.reject(new TypeError('a directory has no rollouts'));
  }

  async #hasSettledAnew(signal: AbortSignal): Promise<boolean> {
    for (let stamp = await stampOf(this.#options.directory); stamp !== this.#stamp && stamp !== undefined && !signal.aborted;) {
      const before = stamp;
      await wait(SETTLE_MS, undefined, { signal }).catch(() => undefined); // aborted: the condition says so
      stamp = await stampOf(this.#options.directory);
      if (stamp === before) return !signal.aborted;
    }
    return false;
  }
}

/** Rings when something may have changed. */
class Bell {
  readonly #signal: AbortSignal;
  readonly #watcher: FSWatcher | undefined;
  readonly #poll: NodeJS.Timeout;
  #hasRung = false;
  #wake: () => void = () => undefined;

  constructor({ directory, log }: FileSourceOptions, signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#ring(), { once: true });
    this.#poll = setInterval(() => this.#ring(), POLL_MS).unref();
    try {
      this.#watcher = watchDirectory(directory, { persistent: false }, () => this.#ring());
      this.#watcher.on('error', (error) => log.warn({ reason: error.message }, 'directory not watched; it is looked at every so often'));
    } catch (error) {
      log.warn({ reason: String(error) }, 'directory not watched; it is looked at every so often');
    }
  }

  /** Resolves when it rings, at once if it has meanwhile. @returns whether to look; false ends all */
  async rings(): Promise<boolean> {
    if (!this.#hasRung && !this.#signal.aborted) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#hasRung = false;
    return !this.#signal.aborted;
  }

  close(): void {
    this.#watcher?.close();
    clearInterval(this.#poll);
  }

  #ring(): void {
    this.#hasRung = true;
    this.#wake();
  }
}

const AnnouncedSchema = z.object({ version: z.string().default(''), digest: z.string().default('') });

/** What the manifest says is not checked yet: whoever loads the model does. */
async function offerOf(files: ArtefactFiles): Promise<ModelOffer> {
  const announced = AnnouncedSchema.safeParse(jsonOf(files.manifestJson)).data ?? { version: '', digest: '' };
  return { ...announced, identity: await sha256Hex(writeBundle(files)), fetch: () => Promise.resolve(files) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // said by whoever loads it
  }
}

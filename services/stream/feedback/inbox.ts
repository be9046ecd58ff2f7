/** The folder that feedback goes to: so many clips at most, none for longer than agreed, gone when their session is to be forgotten. */

import { createHmac } from 'node:crypto';
import { access, constants, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import type { Logger } from 'pino';

import { writeWav } from '#shared/audio/wav.ts';
import { ConfigurationError } from '#shared/config/configuration-error.ts';
import {
  ACCEPTED_FOLDER,
  AcceptedSessionSchema,
  CLIP_FORMAT_VERSION,
  clipOfFile,
  ClipRecordSchema,
  FORGOTTEN_FOLDER,
  recordFile,
  soundFile,
  type ClipRecord,
} from '#shared/feedback/clip-record.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import type { FeedbackRemoved } from '#shared/protocol/messages.ts';

import type { FeedbackSettings } from '../config.ts';
import { FeedbackError } from './feedback-error.ts';
import { inboxKey } from './inbox-key.ts';

/** Clips that may wait for the disk, of all sessions. */
const MAX_WAITING_CLIPS = 32;
const SWEEP_INTERVAL_MS = 3600_000;
/** A file whose record never came is of a process that was killed. */
const ORPHAN_MS = 3600_000;
/** The owner alone: it is people's speech. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** What a session tells of a clip. */
export type ClipDraft = Omit<ClipRecord, 'formatVersion' | 'tenant' | 'consent' | 'keptAt' | 'expiresAt'> & {
  /** As `Grant.tenant`. */
  readonly tenant: string;
  /** At 16 kHz, in [-1, 1]. */
  readonly samples: Float32Array;
};

export interface InboxOptions extends FeedbackSettings {
  readonly log: Logger;
}

/** Shared with other processes: each clip is two files, the record last. */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #key: Buffer;
  readonly #stop = new AbortController();
  readonly #sweeping: Promise<void>;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** Made by `open`. */
  constructor(options: InboxOptions, key: Buffer) {
    this.#options = options;
    this.#key = key;
    this.#sweeping = this.#sweepForEver();
  }

  /** Makes the folder if it is not there. @throws {ConfigurationError} `invalid_configuration` */
  static async open(options: InboxOptions): Promise<Inbox> {
    const { directory } = options;
    try {
      await mkdir(join(directory, ACCEPTED_FOLDER), { recursive: true, mode: FOLDER_MODE });
      await access(directory, constants.W_OK);
      return new Inbox(options, await inboxKey(directory));
    } catch (cause) {
      throw new ConfigurationError('invalid_configuration', `FEEDBACK_INBOX: clips cannot be kept in ${directory}`, { cause });
    }
  }

  /** Writes a clip, one after the other. @throws {FeedbackError} `feedback_not_kept` */
  async keep(draft: ClipDraft): Promise<void> {
    if (this.#waiting >= MAX_WAITING_CLIPS) throw notKept(`more than ${MAX_WAITING_CLIPS} clips wait for the disk`);
    this.#waiting++;
    const written = this.#last.then(() => this.#write(draft));
    this.#last = written.catch(() => undefined);
    try {
      await written;
    } finally {
      this.#waiting--;
    }
  }

  /** Removes what was kept of a session, if it is this client's. What is in a data set already is noted down for the trainer to take out. */
  async forget(session: string, grantTenant: string): Promise<FeedbackRemoved> {
    await this.#last;
    const tenant = this.#tenantOf(grantTenant);
    const records = (await this.#records()).filter((record) => record.session === session && record.tenant === tenant);
    for (const { clip } of records) await this.#remove(clip);
    return { session, removed: records.length, pending: await this.#forgetAccepted(session, tenant) };
  }

  /** Removes what has been kept for as long as was agreed, and what is left of writers that were killed. @returns how many clips */
  async sweep(nowMs: number): Promise<number> {
    const expired = (await this.#records()).filter(({ expiresAt }) => Date.parse(expiresAt) <= nowMs);
    for (const { clip } of expired) await this.#remove(clip);
    const files = await readdir(this.#options.directory);
    const known = new Set(files.map(clipOfFile).flatMap((clip) => (clip === undefined ? [] : [soundFile(clip), recordFile(clip)])));
    for (const file of files) if (!known.has(file) && /\.(wav|tmp)$/.test(file)) await this.#removeOrphan(file, nowMs);
    return expired.length;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.#sweeping, this.#last]);
  }

  async #write({ samples, tenant, ...draft }: ClipDraft): Promise<void> {
    const { directory, maxClips, retentionMs, log } = this.#options;
    try {
      const held = (await readdir(directory)).filter((file) => clipOfFile(file) !== undefined).length;
      if (held >= maxClips) throw notKept(`the inbox holds ${maxClips} clips, more may not be`);
      const keptMs = Date.now();
      const record: ClipRecord = {
        formatVersion: CLIP_FORMAT_VERSION,
        ...draft,
        tenant: this.#tenantOf(tenant),
        consent: true,
        keptAt: new Date(keptMs).toISOString(),
        expiresAt: new Date(keptMs + retentionMs).toISOString(),
      };
      await this.#writeWhole(soundFile(draft.clip), writeWav(samples, SAMPLE_RATE_HZ));
      await this.#writeWhole(recordFile(draft.clip), `${JSON.stringify(record, undefined, 2)}\n`);
    } catch (error) {
      if (error instanceof FeedbackError) throw error;
      log.error({ reason: String(error) }, 'feedback not kept');
      throw notKept('the service could not write it');
    }
  }

  async #writeWhole(file: string, content: string | Uint8Array): Promise<void> {
    const path = join(this.#options.directory, file);
    await writeFile(`${path}.tmp`, content, { mode: FILE_MODE });
    await rename(`${path}.tmp`, path);
  }

  /** Those that can be read; what cannot is another version's to read. */
  async #records(): Promise<readonly ClipRecord[]> {
    const { directory } = this.#options;
    const files = (await readdir(directory)).filter((file) => clipOfFile(file) !== undefined);
    const records: ClipRecord[] = [];
    for (const file of files) {
      const record = ClipRecordSchema.safeParse(parseJson(await readFile(join(directory, file), 'utf8').catch(() => '')));
      if (record.success) records.push(record.data);
    }
    return records;
  }

  /** The record first: without it there is no clip. */
  async #remove(clip: string): Promise<void> {
    const { directory } = this.#options;
    await rm(join(directory, recordFile(clip)), { force: true });
    await rm(join(directory, soundFile(clip)), { force: true });
  }

  async #removeOrphan(file: string, nowMs: number): Promise<void> {
    const path = join(this.#options.directory, file);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: nowMs }));
    if (nowMs - mtimeMs > ORPHAN_MS) await rm(path, { force: true });
  }

  /** @returns how many clips of the session a data set holds */
  async #forgetAccepted(session: string, tenant: string): Promise<number> {
    const { directory } = this.#options;
    const path = join(directory, ACCEPTED_FOLDER, recordFile(session));
    const accepted = AcceptedSessionSchema.safeParse(parseJson(await readFile(path, 'utf8').catch(() => '')));
    if (!accepted.success || accepted.data.tenant !== tenant) return 0;
    await mkdir(join(directory, FORGOTTEN_FOLDER), { recursive: true, mode: FOLDER_MODE });
    await rename(path, join(directory, FORGOTTEN_FOLDER, recordFile(session)));
    return accepted.data.clips;
  }

  #tenantOf(grantTenant: string): string {
    return createHmac('sha256', this.#key).update(grantTenant).digest('hex');
  }

  async #sweepForEver(): Promise<void> {
    const { signal } = this.#stop;
    const { log } = this.#options;
    while (!signal.aborted) {
      const removed = await this.sweep(Date.now()).catch((error: unknown) => {
        log.error({ reason: String(error) }, 'inbox not swept');
        return 0;
      });
      if (removed > 0) log.info({ removed }, 'feedback expired');
      await wait(SWEEP_INTERVAL_MS, undefined, { signal, ref: false }).catch(() => undefined); // the loop ends by itself
    }
  }
}

function notKept(why: string): FeedbackError {
  return new FeedbackError('feedback_not_kept', `the audio was not kept: ${why}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Downloads a large file: goes on where it stopped, and gives it a name only once it is what it should be. */

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';

import pRetry from 'p-retry';

import { TrainerError } from '../../trainer-error.ts';
import type { Archive } from './source.ts';

/** A server that answers so often with nothing new is given up. */
const RETRIES = 5;
const FIRST_RETRY_MS = 500;

export interface DownloadOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (bytes: number) => void;
  /** Before the first retry; then twice as long each time. */
  readonly firstRetryMs?: number;
}

/**
 * Downloads an archive to `path`, which then is whole and has the digest. What came so far lies in `path.partial`.
 *
 * @throws {TrainerError} `download_failed`, `checksum_mismatch`
 */
export async function download(archive: Archive, path: string, options: DownloadOptions): Promise<void> {
  if ((await sizeOf(path)) === archive.bytes) return;
  const partial = `${path}.partial`;
  await mkdir(dirname(path), { recursive: true });
  await pRetry(async () => receive(archive, partial, options), {
    retries: RETRIES,
    minTimeout: options.firstRetryMs ?? FIRST_RETRY_MS,
    signal: options.signal,
    shouldRetry: ({ error }) => !(error instanceof TrainerError),
  }).catch((cause: unknown) => {
    if (cause instanceof TrainerError) throw cause;
    throw new TrainerError('download_failed', `${archive.url}: ${reasonOf(cause)}; run it again to go on`, { cause });
  });
  await assertDigest(archive, partial);
  await rename(partial, path);
}

/** `fetch` says only that it failed: why stands in its error's cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

/** Appends what is missing, if the server can, or begins anew. */
async function receive({ url, bytes }: Archive, partial: string, { signal, onProgress }: DownloadOptions): Promise<void> {
  const present = await sizeOf(partial);
  if (present >= bytes) return;
  const response = await fetch(url, { signal, ...(present > 0 ? { headers: { range: `bytes=${present}-` } } : {}) });
  if (!response.ok || response.body === null) refuse(url, response.status);
  const isRest = response.status === 206;
  let received = isRest ? present : 0;
  const counted = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      received += chunk.length;
      if (received > bytes) throw new TrainerError('checksum_mismatch', `${url} is longer than the ${bytes} bytes it should be`);
      onProgress(received);
      yield chunk;
    }
  };
  await pipeline(Readable.fromWeb(response.body as ReadableStream), counted, createWriteStream(partial, { flags: isRest ? 'a' : 'w' }), {
    signal,
  });
  if (received < bytes) throw new Error(`the connection ended after ${received} of ${bytes} bytes`);
}

/** A server in trouble may answer later, a wrong address never. */
function refuse(url: string, status: number): never {
  const message = `${url} was answered with status ${status}`;
  throw status >= 500 || status === 429 ? new Error(message) : new TrainerError('download_failed', message);
}

async function assertDigest({ url, sha256 }: Archive, path: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  const digest = hash.digest('hex');
  if (digest === sha256) return;
  await rm(path);
  throw new TrainerError('checksum_mismatch', `${url} has the SHA-256 ${digest}, not ${sha256}; it was removed`);
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

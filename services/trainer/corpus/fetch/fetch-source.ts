/** Fetches a public data set: download, check, unpack; each step is done once, however often it is started. */

import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

import { extract } from 'tar-fs';

import { TrainerError } from '../../trainer-error.ts';
import { SOURCE_FILE, sourceText, type RecordingSource } from '../dataset/licences.ts';
import { download, type DownloadOptions } from './download.ts';
import type { Archive, Source } from './source.ts';

/** Below the data folder; archives that are unpacked are removed. */
const DOWNLOADS = '.downloads';

export interface FetchOptions {
  readonly signal: AbortSignal;
  readonly onArchive: (archive: Archive) => Pick<DownloadOptions, 'onProgress'>;
}

/** @returns the folders that were made, those already there left out @throws {TrainerError} `download_failed`, `checksum_mismatch` */
export async function fetchSource(
  { archives, licence }: Source,
  directory: string,
  { signal, onArchive }: FetchOptions,
): Promise<readonly string[]> {
  const made: string[] = [];
  for (const archive of archives) {
    const folder = join(directory, archive.folder);
    if ((await readdir(folder).catch(() => [])).length > 0) continue;
    const path = join(directory, DOWNLOADS, basename(new URL(archive.url).pathname));
    await download(archive, path, { signal, ...onArchive(archive) });
    await unpack(path, folder, { licence, origin: archive.url });
    await rm(path);
    made.push(folder);
  }
  return made;
}

/** The folder appears only when everything is in it. */
async function unpack(path: string, folder: string, source: RecordingSource): Promise<void> {
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  await pipeline(createReadStream(path), createGunzip(), extract(partial)).catch((cause: unknown) => {
    throw new TrainerError('download_failed', `${path} cannot be unpacked: ${String(cause)}`, { cause });
  });
  await writeFile(join(partial, SOURCE_FILE), sourceText(source));
  await rename(partial, folder);
}

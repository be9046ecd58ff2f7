/** Keeps the cache of features from growing without end. */

import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { PARTIAL_SUFFIX } from './write-features.ts';

/** Some 250,000 clips. */
const MAX_CACHE_BYTES = 4 * 2 ** 30;
/** A file that has been being written for so long belongs to a process that was killed. */
const PARTIAL_AGE_MS = 3_600_000;

/** Removes what was not used for longest beyond the limit, and what killed processes left. */
export async function prune(directory: string, maxBytes = MAX_CACHE_BYTES): Promise<void> {
  const files = await filesOf(directory);
  const abandonedBefore = Date.now() - PARTIAL_AGE_MS;
  const isPartial = ({ path }: CachedFile): boolean => path.endsWith(PARTIAL_SUFFIX);
  let bytes = 0;
  for (const file of files.filter((each) => !isPartial(each)).sort((a, b) => b.usedMs - a.usedMs)) {
    bytes += file.bytes;
    if (bytes > maxBytes) await rm(file.path, { force: true });
  }
  for (const file of files.filter(isPartial)) if (file.usedMs < abandonedBefore) await rm(file.path, { force: true });
}

interface CachedFile {
  readonly path: string;
  readonly bytes: number;
  readonly usedMs: number;
}

async function filesOf(directory: string): Promise<CachedFile[]> {
  const names = await readdir(directory, { recursive: true });
  const files = await Promise.all(
    names.map(async (name): Promise<CachedFile | undefined> => {
      const path = join(directory, name);
      const entry = await stat(path).catch(() => undefined); // another process may have removed it
      return entry?.isFile() ? { path, bytes: entry.size, usedMs: entry.mtimeMs } : undefined;
    }),
  );
  return files.filter((file) => file !== undefined);
}

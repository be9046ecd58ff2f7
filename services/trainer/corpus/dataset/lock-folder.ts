/** Locks a data folder: hashes every recording. */

import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

import pMap from 'p-map';

import type { Manifest } from '#shared/model/manifest.ts';

import { TrainerError } from '../../trainer-error.ts';
import { createLock, LOCK_FILE, readLock, type DatasetLock, type LockedClip } from './dataset-lock.ts';
import { diffLocks, formatDiff, isSame } from './diff-locks.ts';
import { Licences } from './licences.ts';
import { listClips, type ListedClip } from './listed-clips.ts';

/** Reading overlaps with hashing, which runs in Node's thread pool; each file is in memory as a whole. */
const FILES_AT_ONCE = 32;

export interface LockOptions {
  /** By default the name of the folder. */
  readonly name?: string | undefined;
  readonly onStart: (files: number) => void;
  readonly onProgress: (files: number) => void;
}

/** Hashes everything. @throws {TrainerError} `data_not_found`, `invalid_dataset` */
export async function lockFolder(directory: string, { name, onStart, onProgress }: LockOptions): Promise<DatasetLock> {
  const licences = new Licences(directory);
  const clips = await listClips(directory, licences);
  onStart(clips.length);
  let done = 0;
  const lockOne = async (clip: ListedClip): Promise<LockedClip> => {
    const content = await readFile(join(directory, clip.path));
    const digest = await crypto.subtle.digest('SHA-256', content);
    onProgress(++done);
    return { ...clip, sha256: Buffer.from(digest).toString('hex'), bytes: content.length };
  };
  const locked = await pMap(clips, lockOne, { concurrency: FILES_AT_ONCE });
  return createLock(name ?? basename(resolve(directory)), locked, await licences.sources());
}

/**
 * The lock of a data folder as a training uses it: the one that lies there, if the files still are the ones it names (by path, size, label and
 * split), or else a fresh one.
 *
 * @throws {TrainerError} `dataset_changed` if the lock that lies there is not of these files
 */
export async function currentLock(directory: string, options: LockOptions): Promise<DatasetLock> {
  const path = join(directory, LOCK_FILE);
  const isLocked = await stat(path).then(
    () => true,
    () => false,
  );
  if (!isLocked) return lockFolder(directory, options);
  const lock = await readLock(path);
  await assertUnchanged(directory, lock);
  return lock;
}

/** What a model's manifest says of the data it learnt from. */
export function datasetOf({ name, version, digest, clips }: DatasetLock): Manifest['dataset'] {
  return { name, version, digest, licence: [...new Set(clips.map(({ licence }) => licence))].sort().join(', ') };
}

async function assertUnchanged(directory: string, lock: DatasetLock): Promise<void> {
  const hashes = new Map(lock.clips.map(({ path, bytes, sha256 }) => [path, { bytes, sha256 }]));
  const present = await pMap(
    await listClips(directory),
    async (clip): Promise<LockedClip> => {
      const { size } = await stat(join(directory, clip.path));
      const locked = hashes.get(clip.path);
      return { ...clip, bytes: size, sha256: locked?.bytes === size ? locked.sha256 : 'other' };
    },
    { concurrency: FILES_AT_ONCE },
  );
  const diff = diffLocks(lock, createLock(lock.name, present));
  if (isSame(diff)) return;
  throw new TrainerError(
    'dataset_changed',
    `${directory} is not what its ${LOCK_FILE} names; lock it again if that is meant:\n${formatDiff(diff)}`,
  );
}

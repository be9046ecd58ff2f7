/** `trainer data diff`: what changed between two versions of a data set. */

import { stat } from 'node:fs/promises';

import type { DatasetLock } from '../../corpus/dataset/dataset-lock.ts';
import type { Command } from '../command.ts';

interface DiffOptions {
  readonly before: string;
  readonly after: string;
  readonly json: boolean;
}

/** Compares two locks, or a lock with a folder as it is. */
export const diffCommand: Command<DiffOptions> = {
  command: 'diff <before> <after>',
  describe: 'what was added, removed, moved, relabelled or put into another split',
  builder: (command) =>
    command
      .positional('before', { type: 'string', demandOption: true, describe: 'a lock, or a folder to be hashed now' })
      .positional('after', { type: 'string', demandOption: true, describe: 'the same' })
      .option('json', { type: 'boolean', default: false, describe: 'every change, as JSON' }),
  handler: async ({ before, after, json }) => {
    const { diffLocks, formatDiff } = await import('../../corpus/dataset/diff-locks.ts');
    const diff = diffLocks(await lockOf(before), await lockOf(after));
    process.stdout.write(json ? `${JSON.stringify(diff, undefined, 2)}\n` : formatDiff(diff));
  },
};

async function lockOf(path: string): Promise<DatasetLock> {
  const [{ readLock }, { lockFolder }, { stagedProgress }] = await Promise.all([
    import('../../corpus/dataset/dataset-lock.ts'),
    import('../../corpus/dataset/lock-folder.ts'),
    import('../../training/progress.ts'),
  ]);
  const isFolder = await stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  return isFolder ? lockFolder(path, stagedProgress(`hashing ${path}`)) : readLock(path);
}

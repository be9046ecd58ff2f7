/** `trainer data lock`: a version of a data set, named by its content. */

import { join } from 'node:path';

import type { Command } from '../command.ts';

interface LockOptions {
  readonly data: string;
  readonly name: string | undefined;
  readonly out: string | undefined;
  readonly inbox: string | undefined;
}

/** Writes the manifest of a data set. */
export const lockCommand: Command<LockOptions> = {
  command: 'lock <data>',
  describe:
    'write the SHA-256, label, speaker, split and licence of every recording; the digest over them names the version, and stands in every model',
  builder: (command) =>
    command
      .positional('data', { type: 'string', demandOption: true, describe: 'folder that holds speech_commands/ or other sets' })
      .option('name', { type: 'string', describe: 'of the data set', defaultDescription: 'the name of the folder' })
      .option('out', {
        type: 'string',
        describe: 'file to write',
        defaultDescription: '<data>/dataset.lock.json, which trainings compare their data with',
      })
      .option('inbox', {
        type: 'string',
        describe: 'folder of FEEDBACK_INBOX, whose forgotten sessions leave the data set first',
        defaultDescription: '<data>/inbox',
      }),
  handler: async ({ data, name, out, inbox }) => {
    const [{ lockFolder }, { LOCK_FILE, writeLock }, { formatLock }, { stagedProgress }, { forgetNoted }, { INBOX_FOLDER }] =
      await Promise.all([
        import('../../corpus/dataset/lock-folder.ts'),
        import('../../corpus/dataset/dataset-lock.ts'),
        import('../../corpus/dataset/format-lock.ts'),
        import('../../training/progress.ts'),
        import('../../corpus/feedback/review.ts'),
        import('../../corpus/feedback/inbox-clips.ts'),
      ]);
    const forgotten = await forgetNoted({ data, inbox: inbox ?? join(data, INBOX_FOLDER) });
    if (forgotten > 0) process.stdout.write(`${forgotten} clips of feedback were to be forgotten, and are gone\n`);
    const lock = await lockFolder(data, { name, ...stagedProgress('hashing') });
    const path = out ?? join(data, LOCK_FILE);
    await writeLock(path, lock);
    process.stdout.write(`${formatLock(lock)}written to ${path}\n`);
  },
};

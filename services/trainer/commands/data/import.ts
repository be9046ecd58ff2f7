/** `trainer data import`: recordings of one's own as a set to train on. */

import type { Command } from '../command.ts';
import { shareOptions, sharesOf, type ShareOptions } from './share-options.ts';

interface ImportOptions extends ShareOptions {
  readonly from: string;
  readonly to: string;
  readonly licence: string;
  readonly origin: string | undefined;
}

/** Makes a set. */
export const importCommand: Command<ImportOptions> = {
  command: 'import <from> <to>',
  describe: 'bring recordings of any sample rate into the layout of Speech Commands, split by speaker',
  builder: (command) =>
    shareOptions(command)
      .positional('from', {
        type: 'string',
        demandOption: true,
        describe:
          'folder of <word>/*.wav (lists of splits count if they are there), or a CSV file with columns path, word and, if known, speaker, split',
      })
      .positional('to', { type: 'string', demandOption: true, describe: 'folder of the new set, such as DATA/mine' })
      .option('licence', { type: 'string', default: 'unknown', describe: 'under which the recordings are' })
      .option('origin', { type: 'string', describe: 'where they are from: an address, an author', defaultDescription: 'not said' }),
  handler: async (options) => {
    const [{ importClips }, { stagedProgress }] = await Promise.all([
      import('../../corpus/import/import-clips.ts'),
      import('../../training/progress.ts'),
    ]);
    const clips = await importClips({ ...options, shares: sharesOf(options), ...stagedProgress('importing') });
    const words = [...new Set(clips.map(({ word }) => word))];
    process.stdout.write(`${clips.length} clips of ${words.join(', ')} in ${options.to}\n`);
  },
};

/** `trainer data align`: recordings of some seconds to clips of one. */

import type { Command } from '../command.ts';
import { shareOptions, sharesOf, type ShareOptions } from './share-options.ts';

interface AlignOptions extends ShareOptions {
  readonly from: string;
  readonly to: string;
  readonly licence: string;
}

/** Cuts one-second windows around words. */
export const alignCommand: Command<AlignOptions> = {
  command: 'align <from> <to>',
  describe: 'cut one-second clips around the words of longer recordings, <from>/<word>/*.wav, and split them by speaker',
  builder: (command) =>
    shareOptions(command)
      .positional('from', { type: 'string', demandOption: true, describe: 'folder of folders of words' })
      .positional('to', { type: 'string', demandOption: true, describe: 'folder of the new set, such as DATA/wake' })
      .option('licence', { type: 'string', default: 'unknown', describe: 'under which the recordings are' }),
  handler: async (options) => {
    const [{ alignFolder }, { formatAlignment }, { startProgress }] = await Promise.all([
      import('../../corpus/alignment/align.ts'),
      import('../../corpus/alignment/format-alignment.ts'),
      import('../../training/progress.ts'),
    ]);
    const { countWavFiles } = await import('../../corpus/wav-files.ts');
    const bar = startProgress('aligning', await countWavFiles(options.from));
    const alignment = await alignFolder({ ...options, shares: sharesOf(options), onProgress: (files) => bar.update(files, {}) });
    bar.stop();
    process.stdout.write(formatAlignment(alignment));
  },
};

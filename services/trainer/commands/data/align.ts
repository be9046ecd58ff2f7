/** `trainer data align`: recordings of some seconds to clips of one. */

import { productionEngine, type Command } from '../command.ts';
import { shareOptions, sharesOf, type ShareOptions } from './share-options.ts';

interface AlignOptions extends ShareOptions {
  readonly from: string;
  readonly to: string;
  readonly licence: string;
  readonly origin: string | undefined;
  readonly model: string | undefined;
}

/** Cuts one-second windows around words. */
export const alignCommand: Command<AlignOptions> = {
  command: 'align <from> <to>',
  describe: 'cut one-second clips around the words of longer recordings, <from>/<word>/*.wav, and split them by speaker',
  builder: (command) =>
    shareOptions(command)
      .positional('from', { type: 'string', demandOption: true, describe: 'folder of folders of words' })
      .positional('to', { type: 'string', demandOption: true, describe: 'folder of the new set, such as DATA/wake' })
      .option('licence', { type: 'string', default: 'unknown', describe: 'under which the recordings are' })
      .option('origin', { type: 'string', describe: 'where they are from: an address, an author', defaultDescription: 'not said' })
      .option('model', {
        type: 'string',
        describe: 'folder of a model that knows the words: they lie where it hears them; energy finds what it does not hear',
      }),
  handler: async (options) => {
    const [{ alignFolder }, { formatAlignment }, { startProgress }, { wordLocator }, { loadArtefact }] = await Promise.all([
      import('../../corpus/alignment/align.ts'),
      import('../../corpus/alignment/format-alignment.ts'),
      import('../../training/progress.ts'),
      import('../../corpus/alignment/word-locator.ts'),
      import('../../artefact-files.ts'),
    ]);
    const { countWavFiles } = await import('../../corpus/wav-files.ts');
    const bar = startProgress('aligning', await countWavFiles(options.from));
    const { model, ...folders } = options;
    const classifier = model === undefined ? undefined : (await productionEngine()).load(await loadArtefact(model));
    const locate = classifier && wordLocator(classifier);
    const alignment = await alignFolder({ ...folders, locate, shares: sharesOf(options), onProgress: (files) => bar.update(files, {}) });
    bar.stop();
    classifier?.close();
    process.stdout.write(formatAlignment(alignment));
  },
};

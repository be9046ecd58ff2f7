/** `trainer teach`: soft labels for another training. */

import type { Split } from '../corpus/speaker-split.ts';
import { productionEngine, type Command } from './command.ts';

interface TeachOptions {
  readonly models: readonly string[];
  readonly data: string;
  readonly split: Split;
  readonly out: string;
}

/** Writes what models say of clips. */
export const teachCommand: Command<TeachOptions> = {
  command: 'teach <models..>',
  describe:
    'write the posteriors of the clips of a split as CSV, of one model or of several in the mean, ' +
    'for a training to learn from beside the labels: train.softLabels.file=FILE train.softLabels.weight=0.5',
  builder: (command) =>
    command
      .positional('models', { type: 'string', array: true, demandOption: true, describe: 'folders of artefacts with the same labels' })
      .option('data', { type: 'string', demandOption: true, describe: 'folder that holds speech_commands/ or other sets' })
      .option('split', { choices: ['training', 'validation', 'test'] as const, default: 'training' as const })
      .option('out', { type: 'string', demandOption: true, describe: 'the CSV file' }),
  handler: async (options) => {
    const [{ teach }, { stagedProgress }] = await Promise.all([import('../training/teach.ts'), import('../training/progress.ts')]);
    await teach({ ...options, engine: await productionEngine(), ...stagedProgress('listening') });
    process.stdout.write(`${options.out}\n`);
  },
};

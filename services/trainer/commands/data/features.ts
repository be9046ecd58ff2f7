/** `trainer data features`: computes the features of clips ahead of a training or an evaluation. */

import type { Split } from '../../corpus/speaker-split.ts';
import type { Command, CommandContext } from '../command.ts';
import { configRequest, OVERRIDES_POSITIONAL, withConfigOptions, type ConfigOptions } from '../config-options.ts';

interface FeaturesOptions extends ConfigOptions {
  readonly data: string;
  readonly split: Split;
}

/** Fills the cache. */
export function featuresCommand({ environment }: CommandContext): Command<FeaturesOptions> {
  return {
    command: `features <data> ${OVERRIDES_POSITIONAL}`,
    describe: 'compute the features of the clips of a split on all cores and keep them in .cache/features, as .npy files',
    builder: (command) =>
      withConfigOptions(command)
        .positional('data', { type: 'string', demandOption: true, describe: 'folder that holds speech_commands/ or other sets' })
        .option('split', { choices: ['training', 'validation', 'test'] as const, default: 'validation' as const }),
    handler: async (options) => {
      const [{ composeConfig }, { fillFeatureCache }, { stagedProgress }] = await Promise.all([
        import('../../configuration/compose.ts'),
        import('../../corpus/feature-cache/fill-feature-cache.ts'),
        import('../../training/progress.ts'),
      ]);
      const { config } = await composeConfig(configRequest(options, environment));
      const { clips, computed, directory } = await fillFeatureCache(config, { ...options, ...stagedProgress('computing features') });
      process.stdout.write(`features of ${clips} clips in ${directory}; ${computed} were computed now\n`);
    },
  };
}

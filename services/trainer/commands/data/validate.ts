/** `trainer data validate`: what is wrong with recordings, before hours are spent on them. */

import { TrainerError } from '../../trainer-error.ts';
import type { Command } from '../command.ts';

interface ValidateOptions {
  readonly data: string;
  readonly config: string | undefined;
  readonly json: string | undefined;
}

/** Fails where there are errors. */
export const validateCommand: Command<ValidateOptions> = {
  command: 'validate <data>',
  describe: 'check every recording, label, speaker and split; fails on errors',
  builder: (command) =>
    command
      .positional('data', { type: 'string', demandOption: true, describe: 'folder that holds speech_commands/ or other sets' })
      .option('config', { type: 'string', describe: 'main file of a configuration: each of its keywords must have clips in every split' })
      .option('json', { type: 'string', describe: 'file for the whole report' }),
  handler: async ({ data, config, json }) => {
    const [{ validateFolder }, { formatValidation }, { stagedProgress }, { writeWhole }] = await Promise.all([
      import('../../corpus/dataset/validate-folder.ts'),
      import('../../corpus/dataset/format-validation.ts'),
      import('../../training/progress.ts'),
      import('../../artefact-files.ts'),
    ]);
    const report = await validateFolder(data, { keywords: await keywordsOf(config), ...stagedProgress('validating') });
    if (json !== undefined) await writeWhole(json, `${JSON.stringify(report, undefined, 2)}\n`);
    process.stdout.write(formatValidation(report));
    const errors = report.problems.filter(({ severity }) => severity === 'error');
    if (errors.length > 0)
      throw new TrainerError('invalid_dataset', `${data} has ${errors.length} errors; the first: ${errors[0]!.message}`);
  },
};

async function keywordsOf(main: string | undefined): Promise<readonly string[]> {
  if (main === undefined) return [];
  const { composeConfig } = await import('../../configuration/compose.ts');
  return (await composeConfig({ main })).config.keywords;
}

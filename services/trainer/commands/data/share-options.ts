/** How large the splits are that a command makes. */

import type { Argv } from 'yargs';

import { DEFAULT_SHARES, type SplitShares } from '../../corpus/speaker-split.ts';
import { TrainerError } from '../../trainer-error.ts';

export interface ShareOptions {
  readonly validation: number;
  readonly test: number;
}

export function shareOptions<O>(command: Argv<O>): Argv<O & ShareOptions> {
  return command
    .option('validation', { type: 'number', default: DEFAULT_SHARES.validationPercent, describe: 'percent of the speakers' })
    .option('test', { type: 'number', default: DEFAULT_SHARES.testPercent, describe: 'percent of the speakers' });
}

/** @throws {TrainerError} `invalid_config` */
export function sharesOf({ validation, test }: ShareOptions): SplitShares {
  if (validation >= 0 && test >= 0 && validation + test < 100) return { validationPercent: validation, testPercent: test };
  throw new TrainerError('invalid_config', `--validation ${validation} and --test ${test}: percents that leave some for training`);
}

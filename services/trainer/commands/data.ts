/** `trainer data …`: recordings in, a data set out that can be trusted and named. */

import type { Command, CommandContext } from './command.ts';
import { alignCommand } from './data/align.ts';
import { diffCommand } from './data/diff.ts';
import { featuresCommand } from './data/features.ts';
import { fetchCommand } from './data/fetch.ts';
import { importCommand } from './data/import.ts';
import { lockCommand } from './data/lock.ts';
import { reviewCommand } from './data/review.ts';
import { validateCommand } from './data/validate.ts';

/** The commands that keep a data set. */
export function dataCommand(context: CommandContext): Command<object> {
  return {
    command: 'data <command>',
    describe: 'fetch, import, align, check, lock, compare and review recordings, and compute their features',
    builder: (command) =>
      command
        .command(fetchCommand(context))
        .command(importCommand)
        .command(alignCommand)
        .command(validateCommand)
        .command(lockCommand)
        .command(diffCommand)
        .command(featuresCommand(context))
        .command(reviewCommand)
        .demandCommand(1, 'name a command'),
    handler: () => undefined,
  };
}

/** `trainer data …`: recordings in, a data set out that can be trusted and named. */

import type { Command } from './command.ts';
import { alignCommand } from './data/align.ts';

/** The commands that keep a data set. */
export const dataCommand: Command<object> = {
  command: 'data <command>',
  describe: 'import, check, lock and compare recordings',
  builder: (command) => command.command(alignCommand).demandCommand(1, 'name a command'),
  handler: () => undefined,
};

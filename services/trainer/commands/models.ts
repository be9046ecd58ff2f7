/** `trainer models …`: published models. */

import type { Command, CommandContext } from './command.ts';
import { listCommand, showCommand, statusCommand } from './models/looking.ts';
import { promoteCommand, pruneCommand, rollbackCommand } from './models/moving.ts';
import { reconcileCommand } from './models/reconcile.ts';

/** The commands on published models. */
export function modelsCommand(context: CommandContext): Command<object> {
  return {
    command: 'models <command>',
    describe: 'published models: what is in force, what runs, forward and back',
    builder: (command) =>
      command
        .command(listCommand(context))
        .command(showCommand(context))
        .command(promoteCommand(context))
        .command(rollbackCommand(context))
        .command(pruneCommand(context))
        .command(statusCommand(context))
        .command(reconcileCommand(context))
        .demandCommand(1, 'name a command'),
    handler: () => undefined,
  };
}

/** `trainer models promote | rollback | prune`: another model in force, and old ones gone. */

import type { Published } from '../../publication/model-registry.ts';
import type { Command, CommandContext } from '../command.ts';
import { followWithAlias, withRegistry } from './with-registry.ts';

interface PromoteOptions {
  readonly name: string;
  readonly version: string | undefined;
}

/** Puts a version in force that was published before, or the candidate on trial. */
export function promoteCommand(context: CommandContext): Command<PromoteOptions> {
  return {
    command: 'promote <name> [version]',
    describe: 'put a version in force that was published before; without one, the candidate on trial',
    builder: (command) =>
      command
        .version(false) // else `version` is taken for the option that shows the trainer's
        .positional('name', { type: 'string', demandOption: true, describe: 'of a model' })
        .positional('version', { type: 'string', describe: 'as `trainer models list NAME` shows it' }),
    handler: ({ name, version }) =>
      withRegistry(context, async (registry) => {
        await tell(context, name, await registry.promote(name, version));
      }),
  };
}

/** Ends a trial, or puts back what was in force before. */
export function rollbackCommand(context: CommandContext): Command<{ readonly name: string }> {
  return {
    command: 'rollback <name>',
    describe: 'end a trial; without one, put back in force what was before',
    builder: (command) => command.positional('name', { type: 'string', demandOption: true, describe: 'of a model' }),
    handler: ({ name }) =>
      withRegistry(context, async (registry) => {
        await tell(context, name, await registry.rollback(name));
      }),
  };
}

/** Removes artefacts that nobody goes back to. */
export function pruneCommand(context: CommandContext): Command<{ readonly name: string; readonly keep: number }> {
  return {
    command: 'prune <name>',
    describe: 'remove artefacts, but for those in force or on trial, the last so many, and those of the last hour',
    builder: (command) =>
      command
        .positional('name', { type: 'string', demandOption: true, describe: 'of a model' })
        .option('keep', { type: 'number', default: 5, describe: 'how many versions that were in force to keep' }),
    handler: ({ name, keep }) =>
      withRegistry(context, async (registry) => {
        const removed = await registry.prune(name, keep);
        for (const { object } of removed) process.stdout.write(`removed ${object}\n`);
        process.stdout.write(`${removed.length} removed\n`);
      }),
  };
}

async function tell(context: CommandContext, name: string, published: Published): Promise<void> {
  await followWithAlias(context, name, { published });
  process.stdout.write(`${name} is ${published.reference.version} now (revision ${published.revision})\n`);
}

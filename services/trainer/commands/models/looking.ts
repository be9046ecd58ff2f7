/** `trainer models list | show | status`: what is published, and what runs. */

import { PublicationError } from '../../publication/publication-error.ts';
import { tableOfNames, tableOfStatuses, tableOfVersions } from '../../publication/model-table.ts';
import type { Command, CommandContext } from '../command.ts';
import { withRegistry } from './with-registry.ts';

interface NameOptions {
  readonly name: string;
}

/** What is in force under each name, or what was under one. */
export function listCommand(context: CommandContext): Command<{ readonly name: string | undefined }> {
  return {
    command: 'list [name]',
    describe: 'what is in force, or what was in force under one name',
    builder: (command) => command.positional('name', { type: 'string', describe: 'of a model' }),
    handler: ({ name }) =>
      withRegistry(context, async (registry) => {
        process.stdout.write(await (name === undefined ? tableOfNames(registry) : tableOfVersions(registry, name)));
      }),
  };
}

/** Everything that is known of the model in force. */
export function showCommand(context: CommandContext): Command<NameOptions> {
  return {
    command: 'show <name>',
    describe: 'the pointer, and the manifest of the model in force',
    builder: (command) => command.positional('name', { type: 'string', demandOption: true, describe: 'of a model' }),
    handler: ({ name }) =>
      withRegistry(context, async (registry) => {
        const current = await registry.current(name);
        if (!current) throw new PublicationError('no_such_model', `nothing was ever published as ${name}`);
        const { manifestJson } = await registry.fetch(current.pointer);
        const shown = { revision: current.revision, pointer: current.pointer, manifest: JSON.parse(manifestJson) as unknown };
        process.stdout.write(`${JSON.stringify(shown, undefined, 2)}\n`);
      }),
  };
}

/** What each running service says. */
export function statusCommand(context: CommandContext): Command<NameOptions> {
  return {
    command: 'status <name>',
    describe: 'what each running stream service says of a model: its version, what it refused, how a trial goes',
    builder: (command) => command.positional('name', { type: 'string', demandOption: true, describe: 'of a model' }),
    handler: ({ name }) =>
      withRegistry(context, async (registry) => {
        process.stdout.write(tableOfStatuses(await registry.statuses(name), Date.now()));
      }),
  };
}

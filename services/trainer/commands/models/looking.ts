/** `trainer models list | show | status`: what is published, and what runs. */

import { PublicationError } from '../../publication/publication-error.ts';
import type { ModelRegistry } from '../../publication/model-registry.ts';
import type { PointerAt } from '../../publication/pointer-store.ts';
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
        if (name !== undefined) await required(registry, name);
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
        const current = await required(registry, name);
        const { manifestJson } = await registry.fetch(current.pointer);
        const shown = { revision: current.revision, pointer: current.pointer, manifest: JSON.parse(manifestJson) as unknown };
        process.stdout.write(readable(shown));
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
        await required(registry, name);
        const statuses = await registry.statuses(name);
        process.stdout.write(statuses.length === 0 ? nobodySays(name) : tableOfStatuses(statuses, Date.now()));
      }),
  };
}

async function required(registry: ModelRegistry, name: string): Promise<PointerAt> {
  const current = await registry.current(name);
  if (current) return current;
  throw new PublicationError('no_such_model', `nothing was ever published as ${name}; \`trainer models list\` shows what there is`);
}

function nobodySays(name: string): string {
  return `no stream service says anything of ${name}: is one up with MODEL_SOURCE=nats, MODEL_NAME=${name} and this NATS_URL?\n`;
}

/** JSON, with lists of numbers or words on one line each. */
function readable(value: unknown): string {
  const flatLists = /\[\n\s*([^[\]{}]*?)\n\s*\]/g;
  const onOneLine = (_: string, items: string): string => `[${items.replaceAll(/\n\s*/g, ' ')}]`;
  return `${JSON.stringify(value, undefined, 2).replaceAll(flatLists, onOneLine)}\n`;
}

/** How every command that needs a configuration is given one: `--config`, `key=value`, the environment. */

import type { Argv } from 'yargs';

import { ENVIRONMENT_PREFIX } from '../configuration/assignments.ts';
import type { ConfigRequest } from '../configuration/compose.ts';

export interface ConfigOptions {
  readonly config: string;
  readonly overrides: readonly string[] | undefined;
}

/** The words behind a command's name that set keys. */
export const OVERRIDES_POSITIONAL = '[overrides..]';

/** Adds the options of a configuration to a command. */
export function withConfigOptions<O>(command: Argv<O>): Argv<O & ConfigOptions> {
  return command
    .positional('overrides', {
      type: 'string',
      array: true,
      describe: `keys to set, such as model=small or train.epochs=5; ${ENVIRONMENT_PREFIX}TRAIN__EPOCHS=5 in the environment does the same`,
    })
    .option('config', {
      type: 'string',
      default: 'config',
      describe: 'main file: a name in config/, or a path that ends in .yaml, such as the config.yaml of a run',
    });
}

/** @param shortcuts - the values of options that stand for a key; `key=value` wins over them */
export function configRequest(
  { config, overrides = [] }: ConfigOptions,
  environment: ConfigRequest['environment'],
  shortcuts: Readonly<Record<string, string | undefined>> = {},
): ConfigRequest {
  const given = Object.entries(shortcuts).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]));
  return { main: config, overrides: [...given, ...overrides], environment };
}

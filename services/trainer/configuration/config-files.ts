/** The YAML files a configuration is composed of: a main file that names one file of each group. */

import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { parse } from 'yaml';
import { z } from 'zod';

import { TrainerError } from '../trainer-error.ts';
import { nearest } from './nearest.ts';

/** Where the files lie that come with the project. */
const CONFIG_DIRECTORY = fileURLToPath(new URL('../../../config/', import.meta.url));
const EXTENSION = '.yaml';
/** Names do not lead out of their folder. */
const NAME = /^[\w-]+$/;

const MainFileSchema = z.looseObject({
  /** Which file of each group, as `- group: name`. */
  defaults: z
    .array(z.record(z.string(), z.string()).refine((entry) => Object.keys(entry).length === 1, 'one `group: name` an entry'))
    .default([]),
});

/** What one file, or one file of a group, says. */
export interface ConfigFile {
  /** For messages. */
  readonly source: string;
  readonly tree: Readonly<Record<string, unknown>>;
}

/** The main file, without what it names. */
export interface MainFile extends ConfigFile {
  /** The name of the file of each group, in order. */
  readonly groups: ReadonlyMap<string, string>;
  /** Where the groups are looked up, first to last. */
  readonly directories: readonly string[];
}

/**
 * Reads the main file.
 *
 * @param main - the name of a file in the project's `config/`, or a path that ends in `.yaml`; its folder may hold groups of its own
 * @throws {TrainerError} `invalid_config`
 */
export async function readMainFile(main: string): Promise<MainFile> {
  const isPath = extname(main) === EXTENSION;
  const directory = isPath ? dirname(main) : CONFIG_DIRECTORY;
  const { source, tree } = await readConfigFile([directory], isPath ? basename(main, EXTENSION) : main);
  const { defaults, ...own } = parseDefaults(tree, source);
  return {
    source,
    tree: own,
    groups: new Map(defaults.flatMap((entry) => Object.entries(entry))),
    directories: isPath ? [directory, CONFIG_DIRECTORY] : [CONFIG_DIRECTORY],
  };
}

/** Reads the file `name` of a group; its keys come to stand below the group's name. @throws {TrainerError} `invalid_config` */
export async function readGroupFile(directories: readonly string[], group: string, name: string): Promise<ConfigFile> {
  const folders = directories.map((directory) => join(directory, group));
  const { source, tree } = await readConfigFile(folders, name, group);
  return { source, tree: { [group]: tree } };
}

async function readConfigFile(directories: readonly string[], name: string, group?: string): Promise<ConfigFile> {
  for (const directory of NAME.test(name) ? directories : []) {
    const path = join(directory, `${name}${EXTENSION}`);
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) return { source: relative('.', path), tree: parseTree(text, relative('.', path)) };
  }
  throw await notFound(directories, name, group);
}

async function notFound(directories: readonly string[], name: string, group: string | undefined): Promise<TrainerError> {
  const present = await Promise.all(directories.map((directory) => readdir(directory).catch(() => [])));
  const names = [...new Set(present.flat().filter((file) => extname(file) === EXTENSION))].map((file) => basename(file, EXTENSION)).sort();
  const what = group === undefined ? name : `${group}=${name}`;
  const where = directories.map((directory) => relative('.', directory)).join(' or ');
  const hint = names.length === 0 ? 'there is none' : `did you mean ${nearest(name, names)}? There are ${names.join(', ')}`;
  return new TrainerError('invalid_config', `${what}: no ${name}${EXTENSION} in ${where}; ${hint}`);
}

function parseTree(text: string, source: string): Readonly<Record<string, unknown>> {
  try {
    return z.record(z.string(), z.unknown()).parse(parse(text) ?? {});
  } catch (cause) {
    const why = cause instanceof z.ZodError ? 'it is no table of keys and values' : String(cause);
    throw new TrainerError('invalid_config', `${source} cannot be read: ${why}`, { cause });
  }
}

function parseDefaults(tree: Readonly<Record<string, unknown>>, source: string): z.infer<typeof MainFileSchema> {
  const parsed = MainFileSchema.safeParse(tree);
  if (parsed.success) return parsed.data;
  throw new TrainerError('invalid_config', `${source}: defaults is a list of \`- group: name\`, such as \`- model: standard\``);
}

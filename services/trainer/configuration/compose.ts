/** Composes a configuration: the files of the groups, the main file, the environment, the command line; later ones win. */

import { setProperty } from 'dot-prop';
import { deepmergeCustom } from 'deepmerge-ts';
import { Document, isScalar, visit } from 'yaml';

import type { TrainerConfig } from '../config.ts';
import { assignmentsOf, parseOverride, valueOf, type Assignment } from './assignments.ts';
import { readGroupFile, readMainFile, type ConfigFile, type MainFile } from './config-files.ts';
import type { TrackingSettings } from '../tracking/tracking-settings.ts';
import { trainerConfigOf } from './config-tree.ts';
import { validateTree, type Origin } from './validate.ts';

/** Where a configuration comes from. */
export interface ConfigRequest {
  /** The main file: a name in `config/`, or a path that ends in `.yaml`. */
  readonly main?: string | undefined;
  /** `key.sub=value` or `group=name`. */
  readonly overrides?: readonly string[];
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

export interface ComposedConfig {
  readonly config: TrainerConfig;
  /** Where its runs are kept. */
  readonly tracking: TrackingSettings;
  /** The whole configuration as a main file: `--config` of the saved text gives the same configuration again. */
  readonly yaml: string;
}

const DEFAULT_MAIN = 'config';
/** Objects are joined key by key; a list replaces a list. */
const merge = deepmergeCustom({ mergeArrays: false });

/** @throws {TrainerError} `invalid_config` */
export async function composeConfig({
  main = DEFAULT_MAIN,
  overrides = [],
  environment = {},
}: ConfigRequest = {}): Promise<ComposedConfig> {
  const mainFile = await readMainFile(main);
  const assignments = [...assignmentsOf(environment), ...overrides.map(parseOverride)];
  const groups = chosenGroups(mainFile, assignments);
  const files = await Promise.all([...groups].map(([group, name]) => readGroupFile(mainFile.directories, group, name)));
  const values = assignments.filter(({ path }) => !groups.has(path));
  const layers = [...files, mainFile];
  const tree = withAssignments(merge(...layers.map((layer) => layer.tree)) as Record<string, unknown>, values);
  const valid = validateTree(tree, [...layers.map(originOfFile), ...values.map(originOfAssignment)]);
  return { config: trainerConfigOf(valid), tracking: valid.tracking, yaml: header(mainFile, groups) + yamlOf(valid) };
}

function chosenGroups(main: MainFile, assignments: readonly Assignment[]): ReadonlyMap<string, string> {
  const groups = new Map(main.groups);
  for (const { path, text } of assignments) if (groups.has(path)) groups.set(path, text);
  return groups;
}

function withAssignments(tree: Record<string, unknown>, assignments: readonly Assignment[]): Record<string, unknown> {
  const copy = structuredClone(tree);
  for (const assignment of assignments) {
    const indexed = assignment.path.replaceAll(/\.(\d+)(?=\.|$)/g, '[$1]'); // how the library writes a place in a list
    setProperty(copy, indexed, valueOf(assignment));
  }
  return copy;
}

function originOfFile({ source, tree }: ConfigFile): Origin {
  return { source, sets: (path) => path.every((_, depth) => hasOwnPath(tree, path.slice(0, depth + 1))) };
}

function originOfAssignment({ source, path: assigned }: Assignment): Origin {
  return { source, sets: (path) => [...path.map(String), ''].join('.').startsWith(`${assigned}.`) };
}

function hasOwnPath(tree: unknown, path: readonly PropertyKey[]): boolean {
  const [key, ...rest] = path;
  if (key === undefined) return true;
  return (
    typeof tree === 'object' && tree !== null && Object.hasOwn(tree, key) && hasOwnPath((tree as Record<PropertyKey, unknown>)[key], rest)
  );
}

function header({ source }: MainFile, groups: ReadonlyMap<string, string>): string {
  return `# ${[source, ...[...groups].map(([group, name]) => `${group}=${name}`)].join(' ')}\n`;
}

/** Lists of numbers and words stand on one line. */
function yamlOf(value: unknown): string {
  const document = new Document(value);
  visit(document, {
    Seq: (_, list) => {
      list.flow = list.items.every((item) => isScalar(item));
    },
  });
  return document.toString({ flowCollectionPadding: false });
}

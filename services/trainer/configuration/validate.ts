/** Says of a configuration what is wrong with it: which key, its value, where that was written, and what is allowed. */

import type { z } from 'zod';

import { TrainerError } from '../trainer-error.ts';
import { ConfigTreeSchema, type ConfigTree } from './config-tree.ts';
import { allKeys } from './key-paths.ts';
import { nearest } from './nearest.ts';

/** Something that set keys. */
export interface Origin {
  readonly source: string;
  readonly sets: (path: readonly PropertyKey[]) => boolean;
}

/**
 * @param origins - first to last; the last that sets a key is named in a message about it
 * @throws {TrainerError} `invalid_config`, with a line for each thing that is wrong
 */
export function validateTree(tree: unknown, origins: readonly Origin[]): ConfigTree {
  const parsed = ConfigTreeSchema.safeParse(tree);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.flatMap((issue) => complaintsOf(issue, tree, origins));
  throw new TrainerError('invalid_config', lines.length === 1 ? lines[0]! : ['the configuration is not valid:', ...lines].join('\n  '));
}

function complaintsOf(issue: z.core.$ZodIssue, tree: unknown, origins: readonly Origin[]): readonly string[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...issue.path, key], origins));
  const value = valueAt(tree, issue.path);
  const path = issue.path.join('.');
  if (value === undefined) return [`${path} is missing: ${allowed(issue)}`];
  return [`${path} is ${JSON.stringify(value)}${whereSet(issue.path, origins)}: ${allowed(issue)}`];
}

function unknownKey(path: readonly PropertyKey[], origins: readonly Origin[]): string {
  const name = path.join('.');
  return `there is no key ${name}${whereSet(path, origins)}; did you mean ${nearest(name, allKeys())}?`;
}

/** Zod's message without the words that only say that something is wrong. */
function allowed({ message }: z.core.$ZodIssue): string {
  return message.replace(/^(Invalid input|Invalid option|Too small|Too big): /, '');
}

function whereSet(path: readonly PropertyKey[], origins: readonly Origin[]): string {
  const origin = origins.findLast(({ sets }) => sets(path));
  return origin === undefined ? '' : ` (${origin.source})`;
}

function valueAt(tree: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], tree);
}

/** Single values for single keys: `train.epochs=5` on the command line, `TRAINER__TRAIN__EPOCHS=5` in the environment. */

import { parse } from 'yaml';

import { TrainerError } from '../trainer-error.ts';
import { allKeys, kindOfKey } from './key-paths.ts';
import { nearest } from './nearest.ts';

/** Environment variables that begin like this set keys: `__` goes a level down, `_` begins a new word of a key. */
export const ENVIRONMENT_PREFIX = 'TRAINER__';

export interface Assignment {
  /** Dotted, such as `train.epochs`; or a group. */
  readonly path: string;
  readonly text: string;
  /** For messages: where it was written. */
  readonly source: string;
}

/** Reads `key.sub=value`. @throws {TrainerError} `invalid_config` */
export function parseOverride(override: string): Assignment {
  const equals = override.indexOf('=');
  if (equals <= 0)
    throw new TrainerError('invalid_config', `"${override}" sets nothing: write key=value, such as train.epochs=5 or model=small`);
  return { path: override.slice(0, equals), text: override.slice(equals + 1), source: override };
}

/** The assignments in the environment, in the order of their names. */
export function assignmentsOf(environment: Readonly<Record<string, string | undefined>>): readonly Assignment[] {
  return Object.entries(environment)
    .filter((entry): entry is [string, string] => entry[0].startsWith(ENVIRONMENT_PREFIX) && entry[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, text]) => ({ path: pathOf(name), text, source: `${name}=${text}` }));
}

/** The value an assignment gives its key: YAML, but plain text for keys that hold text. @throws {TrainerError} `invalid_config` */
export function valueOf({ path, text, source }: Assignment): unknown {
  const kind = kindOfKey(path);
  if (kind === undefined) {
    throw new TrainerError('invalid_config', `${source}: there is no key ${path}; did you mean ${nearest(path, allKeys())}?`);
  }
  if (kind === 'text') return text;
  try {
    return parse(text) as unknown;
  } catch (cause) {
    throw new TrainerError('invalid_config', `${source}: the value cannot be read: ${String(cause)}`, { cause });
  }
}

/** `TRAINER__TRAIN__LEARNING_RATE` is `train.learningRate`. */
function pathOf(name: string): string {
  const parts = name.slice(ENVIRONMENT_PREFIX.length).toLowerCase().split('__');
  return parts.map((part) => part.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())).join('.');
}

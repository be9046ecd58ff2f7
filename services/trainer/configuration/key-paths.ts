/** Which keys a configuration has, so that one that does not exist is named with the nearest that does. */

import { z } from 'zod';

import { ConfigTreeSchema } from './config-tree.ts';

/** The part of JSON Schema that our configuration needs. */
interface Shape {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape | false;
  readonly prefixItems?: readonly Shape[];
  readonly anyOf?: readonly Shape[];
}

const ROOT = z.toJSONSchema(ConfigTreeSchema, { io: 'input' }) as Shape;

/** The kind of value at a path such as `train.epochs` or `model.convolutions.0.filters`; `undefined` where no such key exists. */
export function kindOfKey(path: string): 'text' | 'other' | undefined {
  const shapes = path.split('.').reduce<readonly Shape[]>((parents, part) => parents.flatMap((parent) => childrenOf(parent, part)), [ROOT]);
  if (shapes.length === 0) return undefined;
  return shapes.some(({ type }) => type === 'string') ? 'text' : 'other';
}

/** All paths of keys, those inside lists left out. */
export function allKeys(): readonly string[] {
  return keysBelow(ROOT, '');
}

function childrenOf(shape: Shape, part: string): readonly Shape[] {
  const alternatives = (shape.anyOf ?? []).flatMap((alternative) => childrenOf(alternative, part));
  const property = Object.hasOwn(shape.properties ?? {}, part) ? shape.properties?.[part] : undefined;
  const item = /^\d+$/.test(part) ? (shape.prefixItems?.[Number(part)] ?? shape.items) : undefined;
  return [...alternatives, ...(property ? [property] : []), ...(item ? [item] : [])];
}

function keysBelow({ properties, anyOf }: Shape, prefix: string): readonly string[] {
  const own = Object.entries(properties ?? {}).flatMap(([key, shape]) => [`${prefix}${key}`, ...keysBelow(shape, `${prefix}${key}.`)]);
  return [...own, ...(anyOf ?? []).flatMap((alternative) => keysBelow(alternative, prefix))];
}

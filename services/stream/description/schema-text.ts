/** A schema in a few words, for people. */

import type { JsonSchema } from './json-schemas.ts';

const SCHEMA_NAME = /[^/]+$/;

/** Such as `integer, 0 to 50`, `array of number`, `"ready"`, `ModelSummary`. */
export function schemaText(schema: JsonSchema | boolean): string {
  if (typeof schema === 'boolean') return schema ? 'anything' : 'nothing';
  const { $ref, const: constant, enum: choices, anyOf, oneOf, type, items, additionalProperties } = schema;
  if ($ref !== undefined) return SCHEMA_NAME.exec($ref)?.[0] ?? $ref;
  if (constant !== undefined) return JSON.stringify(constant);
  if (choices) return choices.map((choice) => JSON.stringify(choice)).join(' or ');
  const variants = anyOf ?? oneOf;
  if (variants) return variants.map(schemaText).join(' or ');
  if (type === 'array') return `array of ${items && !Array.isArray(items) ? schemaText(items) : 'anything'}`;
  if (type === 'object' && typeof additionalProperties === 'object') return `object of ${schemaText(additionalProperties)}`;
  return `${String(type ?? 'anything')}${rangeText(schema)}`;
}

function rangeText({ minimum, maximum, maxLength }: JsonSchema): string {
  if (maxLength !== undefined) return `, at most ${maxLength} characters`;
  if (minimum === undefined) return '';
  const isOpen = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER;
  return isOpen ? `, at least ${minimum}` : `, ${minimum} to ${maximum}`;
}

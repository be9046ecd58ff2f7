/** The schemas that validate, as JSON Schema (2020-12): what OpenAPI and AsyncAPI describe the service with. */

import { z } from 'zod';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Where a document keeps its schemas. */
const SCHEMAS_PATH = '#/components/schemas/';

/**
 * Translates named schemas; where one holds another, it refers to it.
 *
 * @returns by name, as they stand under `components.schemas`
 */
export function componentSchemas(schemas: Readonly<Record<string, z.ZodType>>): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  // As input: what readers do not know they are to ignore, so that fields can be added.
  const translated = z.toJSONSchema(registry, { uri: (id) => SCHEMAS_PATH + id, io: 'input' });
  return Object.fromEntries(Object.entries(translated.schemas).map(([id, { $schema: _, $id: _id, ...schema }]) => [id, schema]));
}

/** Refers to a named schema. */
export function refTo(name: string): { readonly $ref: string } {
  return { $ref: SCHEMAS_PATH + name };
}

/** One parameter of a query. */
export interface QueryParameter {
  readonly name: string;
  readonly in: 'query';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

/** Translates the parameters of a query, each as what it is read as. */
export function queryParameters(query: z.ZodObject): readonly QueryParameter[] {
  const { properties = {} } = z.toJSONSchema(query, { io: 'output' });
  return Object.entries(properties).map(([name, schema]) => {
    const { description, ...rest } = typeof schema === 'boolean' ? {} : schema;
    const required = !isOptional(query, name);
    return { name, in: 'query', required, ...(description !== undefined && { description }), schema: rest };
  });
}

function isOptional(query: z.ZodObject, name: string): boolean {
  return query.safeParse({}).error?.issues.every(({ path }) => path[0] !== name) ?? true;
}

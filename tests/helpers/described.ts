/** Holds what the service really says to the documents by which it describes itself. */

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

import { asyncApiDocument } from '../../services/stream/description/asyncapi.ts';
import { openApiDocument } from '../../services/stream/description/openapi.ts';

const HTTP = 'http';
const SOCKET = 'socket';
/** Answers to what no document describes: another path, another method. */
const UNDESCRIBED = ['not_found', 'method_not_allowed'];

const openapi = openApiDocument();
const ajv = new Ajv2020({ strict: false, allErrors: true, formats: { binary: true } });
ajv.addSchema(closed(openapi), HTTP);
ajv.addSchema(closed(asyncApiDocument()), SOCKET);
const validators = new Map<string, ValidateFunction>();

/**
 * Checks the answer to a request. A field that the document does not know is a fault too.
 *
 * @throws {Error} what does not fit
 */
export function assertDescribedAnswer({ url, status, headers }: Response, json: unknown): void {
  const path = new URL(url).pathname;
  const [method] = Object.keys(openapi.paths[path] ?? {});
  if (method === undefined || (isProblem(json) && UNDESCRIBED.includes(json.code))) return;
  const mediaType = (headers.get('content-type') ?? '').split(';', 1)[0]!;
  assertFits(pointer(HTTP, 'paths', path, method, 'responses', String(status), 'content', mediaType, 'schema'), json);
}

/**
 * Checks a message of the socket, of either direction.
 *
 * @throws {Error} what does not fit
 */
export function assertDescribedMessage(message: unknown): void {
  assertFits(pointer(SOCKET, 'components', 'schemas', String((message as { type?: unknown }).type)), message);
}

/** Whether the documents allow this as a message of this type. */
export function isDescribedMessage(type: string, message: unknown): boolean {
  return validatorOf(pointer(SOCKET, 'components', 'schemas', type))(message);
}

function assertFits(schema: string, json: unknown): void {
  const validate = validatorOf(schema);
  if (validate(json)) return;
  throw new Error(`${JSON.stringify(json)} does not fit ${schema}: ${ajv.errorsText(validate.errors)}`);
}

function validatorOf(schema: string): ValidateFunction {
  const validate = validators.get(schema) ?? ajv.compile({ $ref: schema });
  validators.set(schema, validate);
  return validate;
}

function pointer(document: string, ...path: readonly string[]): string {
  return `${document}#/${path.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;
}

function isProblem(json: unknown): json is { readonly code: string } {
  return typeof json === 'object' && json !== null && 'code' in json;
}

/** The same document, whose objects have no fields but those it names. */
function closed<Document extends { readonly components: { readonly schemas: object } }>(document: Document): Document {
  const close = (schema: unknown): unknown => {
    if (Array.isArray(schema)) return schema.map(close);
    if (typeof schema !== 'object' || schema === null) return schema;
    const inside = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, close(value)]));
    return 'properties' in inside && !('additionalProperties' in inside) ? { ...inside, additionalProperties: false } : inside;
  };
  return { ...document, components: { ...document.components, schemas: close(document.components.schemas) } };
}

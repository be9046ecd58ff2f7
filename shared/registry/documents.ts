/** JSON documents of the registry to typed ones: a schema at the door, with the format version looked at first. */

import { z } from 'zod';

import { RegistryError } from '#shared/registry/registry-error.ts';

/** Raised with every incompatible change of a document; readers refuse any other. */
export const DOCUMENT_FORMAT_VERSION = 1;

/**
 * Reads a document.
 *
 * @throws {RegistryError} `invalid_document`, `unsupported_document_format`
 */
export function parseDocument<Document>(schema: z.ZodType<Document>, text: string): Document {
  const json = parseJson(text);
  const declared = z.object({ formatVersion: z.unknown() }).safeParse(json).data?.formatVersion;
  if (declared !== DOCUMENT_FORMAT_VERSION) {
    const found = JSON.stringify(declared);
    throw new RegistryError(
      'unsupported_document_format',
      `this build reads format ${DOCUMENT_FORMAT_VERSION}, the document says ${found}`,
    );
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new RegistryError('invalid_document', `the document does not fit: ${z.prettifyError(parsed.error)}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RegistryError('invalid_document', 'the document is not JSON', { cause: error });
  }
}

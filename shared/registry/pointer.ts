/** The pointer: which model of a name is in force, and which one is being tried. The value of `<name>.current`. */

import { z } from 'zod';

import { DOCUMENT_FORMAT_VERSION, parseDocument } from '#shared/registry/documents.ts';
import { ModelReferenceSchema } from '#shared/registry/model-reference.ts';
import { ModelNameSchema } from '#shared/registry/names.ts';
import { RolloutSchema } from '#shared/registry/rollout.ts';

export const PointerSchema = ModelReferenceSchema.extend({
  formatVersion: z.literal(DOCUMENT_FORMAT_VERSION),
  name: ModelNameSchema,
  /** Why it was published, where rules were overridden. */
  note: z.string().max(500).optional(),
  rollout: RolloutSchema.optional(),
});
export type Pointer = z.infer<typeof PointerSchema>;

/** @throws {RegistryError} `invalid_document`, `unsupported_document_format` */
export function parsePointer(text: string): Pointer {
  return parseDocument(PointerSchema, text);
}

/** Writes what `parsePointer` reads. @throws {ZodError} if it does not fit, which is a mistake of the writer */
export function writePointer(pointer: z.input<typeof PointerSchema>): string {
  return JSON.stringify(PointerSchema.parse(pointer));
}

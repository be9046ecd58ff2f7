/** One published model, as documents name it. */

import { z } from 'zod';

import { MAX_BUNDLE_BYTES } from '#shared/registry/bundle.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const ModelReferenceSchema = z.object({
  version: z.string().min(1).max(64),
  /** SHA-256 of the weights, as in the manifest: what clients are told. */
  digest: sha256,
  /** The object's name in the store. */
  object: z.string().min(1).max(256),
  /** SHA-256 and length of the object, see `bundle.ts`. */
  bundleDigest: sha256,
  bundleBytes: z.int().min(1).max(MAX_BUNDLE_BYTES),
  publishedAt: z.iso.datetime(),
  /** Ed25519 over the manifest, base64, see `signature.ts`. */
  signature: z.base64().max(88).optional(),
});
export type ModelReference = z.infer<typeof ModelReferenceSchema>;

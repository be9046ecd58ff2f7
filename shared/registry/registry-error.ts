/** What can be wrong with what the model registry holds. */

import { CodedError } from '#shared/coded-error.ts';

export type RegistryErrorCode =
  /** A pointer or a status document that does not fit its schema, or is no JSON. */
  | 'invalid_document'
  /** A document of a later format. */
  | 'unsupported_document_format'
  /** An artefact that is not one manifest and its weights. */
  | 'invalid_bundle'
  /** An artefact whose bytes are not those the pointer names. */
  | 'bundle_mismatch'
  /** A key that is not Ed25519, or not in base64. */
  | 'invalid_key'
  /** A signature is asked for, and there is none. */
  | 'signature_missing'
  /** A signature by none of the known keys, or of another manifest. */
  | 'signature_invalid';

/** A document, an artefact or a signature that cannot be trusted. */
export class RegistryError extends CodedError {
  declare readonly code: RegistryErrorCode;

  constructor(code: RegistryErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

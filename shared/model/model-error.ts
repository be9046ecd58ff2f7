/** What can be wrong with a model. */

import { CodedError } from '#shared/coded-error.ts';

export type ModelErrorCode =
  'unsupported_model_format' | 'invalid_manifest' | 'invalid_weights' | 'digest_mismatch' | 'unsupported_topology' | 'model_not_found';

/** A model that cannot be used; the one in use stays. */
export class ModelError extends CodedError {
  declare readonly code: ModelErrorCode;

  constructor(code: ModelErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

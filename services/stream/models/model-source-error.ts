/** What can keep a model from being put in force; the one in use stays. */

import { CodedError } from '#shared/coded-error.ts';

export type ModelRefusalCode =
  /** The registry did not give the artefact, or the files changed while they were read. A later try may fare better. */
  | 'model_fetch_failed'
  /** The artefact is of a model of another name. */
  | 'model_name_mismatch'
  /** It gave posteriors that are none, or did not hear a clip that it must. */
  | 'self_test_failed';

export class ModelRefusedError extends CodedError {
  declare readonly code: ModelRefusalCode;

  constructor(code: ModelRefusalCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

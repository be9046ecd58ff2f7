/** What can be wrong with the knobs of a detector. */

import { CodedError } from '#shared/coded-error.ts';

export type DetectionErrorCode = 'unknown_keyword';

/** Knobs that do not fit the model. */
export class DetectionError extends CodedError {
  declare readonly code: DetectionErrorCode;

  constructor(code: DetectionErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

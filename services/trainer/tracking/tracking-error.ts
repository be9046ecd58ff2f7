/** What can be wrong with keeping track of runs. */

import { CodedError } from '#shared/coded-error.ts';

export type TrackingErrorCode =
  | 'tracking_unreachable'
  | 'tracking_refused'
  | 'tracking_not_found'
  | 'tracking_answer_invalid'
  | 'artefacts_not_served'
  | 'invalid_where'
  | 'no_run_found';

/** `isTransient`: the same call may fare better later. */
export class TrackingError extends CodedError {
  declare readonly code: TrackingErrorCode;
  readonly isTransient: boolean;

  constructor(code: TrackingErrorCode, message: string, options: ErrorOptions & { isTransient?: boolean } = {}) {
    super(code, message, options);
    this.isTransient = options.isTransient ?? code === 'tracking_unreachable';
  }
}

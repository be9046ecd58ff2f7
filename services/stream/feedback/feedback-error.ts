/** Why feedback came to nothing. */

import { CodedError } from '#shared/coded-error.ts';

/** `feedback_off`: nothing is kept here, or not of this client. `feedback_not_kept`: this clip was not. */
export type FeedbackErrorCode = 'feedback_off' | 'feedback_not_kept';

/** The client is told, and the session goes on. */
export class FeedbackError extends CodedError {
  declare readonly code: FeedbackErrorCode;

  constructor(code: FeedbackErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

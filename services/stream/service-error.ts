/** What can keep the stream service from running. */

import { CodedError } from '#shared/coded-error.ts';

export type ServiceErrorCode = 'port_in_use' | 'cannot_listen' | 'kernel_not_built';

/** The service cannot start; the message says what would let it. */
export class ServiceError extends CodedError {
  declare readonly code: ServiceErrorCode;

  constructor(code: ServiceErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

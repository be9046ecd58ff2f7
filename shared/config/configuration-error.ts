/** What can be wrong with a configuration. */

import { CodedError } from '#shared/coded-error.ts';

export type ConfigurationErrorCode = 'invalid_configuration';

/** Settings a program cannot start with; the message names each. */
export class ConfigurationError extends CodedError {
  declare readonly code: ConfigurationErrorCode;

  constructor(code: ConfigurationErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

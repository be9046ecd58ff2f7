/** What can go wrong with the kernel itself; what is wrong with a model is a `ModelError`. */

import { CodedError } from '#shared/coded-error.ts';

export type KernelErrorCode = 'kernel_unavailable' | 'kernel_out_of_memory';

/** The kernel cannot be had on this machine, or has no room left. */
export class KernelError extends CodedError {
  declare readonly code: KernelErrorCode;

  constructor(code: KernelErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

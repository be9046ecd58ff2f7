/** What can be wrong with a training, its data or its settings. */

import { CodedError } from '#shared/coded-error.ts';

export type TrainerErrorCode =
  | 'data_not_found'
  | 'empty_class'
  | 'unreadable_clip'
  | 'invalid_config'
  | 'loss_not_finite'
  | 'worker_failed'
  | 'topology_mismatch'
  | 'checkpoint_mismatch'
  | 'kernel_not_built'
  | 'output_exists'
  | 'invalid_lock'
  | 'dataset_changed'
  | 'download_failed'
  | 'checksum_mismatch'
  | 'invalid_dataset';

/** Stops the command with one sentence. */
export class TrainerError extends CodedError {
  declare readonly code: TrainerErrorCode;

  constructor(code: TrainerErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

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
  | 'keyword_exists'
  | 'too_few_recordings'
  | 'no_speech_synthesis'
  | 'output_exists'
  | 'invalid_lock'
  | 'dataset_changed'
  | 'download_failed'
  | 'checksum_mismatch'
  | 'invalid_dataset'
  | 'invalid_inbox'
  | 'invalid_label'
  | 'no_such_clip';

/** Stops the command with one sentence. */
export class TrainerError extends CodedError {
  declare readonly code: TrainerErrorCode;

  constructor(code: TrainerErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

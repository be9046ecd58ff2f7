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
  | 'no_such_clip'
  | 'disk_full';

/** Stops the command with one sentence. */
export class TrainerError extends CodedError {
  declare readonly code: TrainerErrorCode;

  constructor(code: TrainerErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

/** What the system says when there is no room: the disk, a quota, a limit on files. */
const NO_ROOM: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** One sentence for what the operator can mend, or undefined if it is a mistake of ours. */
export function actionable(error: unknown): CodedError | undefined {
  if (error instanceof CodedError) return error;
  if (!(error instanceof Error) || !('code' in error) || !NO_ROOM.has(error.code)) return undefined;
  const message = `there is no room to write: ${error.message}; make some, and go on with --resume where a training was under way`;
  return new TrainerError('disk_full', message, { cause: error });
}

/** What can be wrong with putting a model in force. */

import { CodedError } from '#shared/coded-error.ts';

export type PublicationErrorCode =
  | 'registry_not_configured'
  | 'registry_unreachable'
  | 'publish_conflict'
  | 'publish_not_verified'
  | 'version_taken'
  | 'no_such_model'
  | 'no_such_version'
  | 'nothing_to_roll_back'
  | 'no_rollout'
  | 'gate_refused'
  | 'force_without_reason'
  | 'key_file_exists'
  | 'invalid_key_file'
  | 'reconcile_disagrees'
  | 'cycle_running_elsewhere'
  | 'cycle_broken'
  | 'lease_lost'
  | 'trial_failed'
  | 'artefact_store_failed';

/** Nothing was put in force, or what was is told in the message. */
export class PublicationError extends CodedError {
  declare readonly code: PublicationErrorCode;

  constructor(code: PublicationErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

/** Where models come from, and what is learned there. */

import type { CodedError } from '#shared/coded-error.ts';
import type { ArtefactFiles } from '#shared/model/artefact.ts';
import type { ModelReference } from '#shared/registry/model-reference.ts';
import type { Rollout } from '#shared/registry/rollout.ts';
import type { InstanceStatus } from '#shared/registry/status.ts';

/** Where the model in force is from. */
export type ModelOrigin = InstanceStatus['origin'];

/** A model that may be fetched. */
export interface ModelOffer {
  /** Told apart by the bytes of the artefact and who signed it: the same one twice is one model. */
  readonly identity: string;
  /** As announced; the artefact has the last word. */
  readonly version: string;
  readonly digest: string;
  /** Beside the one that the manifest may hold. */
  readonly signature?: string | undefined;
  /** As the registry names it, if it is from there. */
  readonly reference?: ModelReference;
  /**
   * Gets the files, never more bytes than an artefact may have. What is in them is not checked.
   *
   * @throws {CodedError} `model_fetch_failed` where a later try may fare better; what is wrong with the files
   */
  fetch(signal: AbortSignal): Promise<ArtefactFiles>;
}

/** A candidate on trial. */
export type RolloutOffer = Omit<Rollout, 'candidate'> & { readonly candidate: ModelOffer };

/** What is in force, or what keeps that from being known. */
export type SourceNews =
  | {
      readonly type: 'release';
      readonly origin: ModelOrigin;
      /** Counts what the source said; 0 where it does not count. */
      readonly revision: number;
      readonly offer: ModelOffer;
      readonly rollout: RolloutOffer | undefined;
    }
  | { readonly type: 'fault'; readonly revision: number; readonly error: CodedError };

export type Release = Extract<SourceNews, { type: 'release' }>;

export interface ModelSource {
  /**
   * Says what is in force now.
   *
   * @returns nothing if the source cannot be asked, or has no such model
   */
  current(signal: AbortSignal): Promise<SourceNews | undefined>;
  /** What was in force when this service last ran, for when the source cannot be asked. */
  lastGood(): Promise<SourceNews | undefined>;
  /** Tells of every change, the latest only if several came while the last was looked at; and again every so often. Ends when aborted. */
  watch(signal: AbortSignal): AsyncIterable<SourceNews>;
  /** Says that an offer is in force: good to begin with next time. */
  accepted(offer: ModelOffer): Promise<void>;
  /** Says how this instance is doing, to whoever asks the source. */
  report(status: InstanceStatus): void;
  /** Ends a rollout for every instance. */
  halt(rolloutId: string, reason: string): Promise<void>;
}

/** A candidate on trial: who hears with it, and what it has done so far compared with the incumbent. */

import type { InstanceStatus, RolloutTally } from '#shared/registry/status.ts';

import type { Side } from './disagreements.ts';
import type { LoadedModel } from './loaded-model.ts';
import type { RolloutOffer } from './model-source.ts';
import { leavesBand } from './rollout-band.ts';
import { isInShare } from './rollout-share.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type Count = 'sessions' | 'errors' | 'events';

/** What is to be counted beyond the trial itself. */
export interface TrialListener {
  onCount(side: Side, what: Count): void;
  onDisagreement(onlyHeardBy: Side): void;
  /** Beside a session, which goes on. */
  onShadowError(error: unknown): void;
}

/** Lives from the pointer that begins it until one that ends it, or until it leaves its band. */
export class Trial {
  readonly candidate: LoadedModel;
  readonly #listener: TrialListener;
  readonly #tallies: Record<Side, Mutable<RolloutTally>> = { incumbent: emptyTally(), candidate: emptyTally() };
  readonly #disagreements = { onlyIncumbent: 0, onlyCandidate: 0 };
  #offer: RolloutOffer;

  constructor(offer: RolloutOffer, candidate: LoadedModel, listener: TrialListener) {
    this.#offer = offer;
    this.candidate = candidate;
    this.#listener = listener;
  }

  get id(): string {
    return this.#offer.id;
  }

  get mode(): RolloutOffer['mode'] {
    return this.#offer.mode;
  }

  get share(): number {
    return this.#offer.share;
  }

  /** Goes on with another share or band. */
  update(offer: RolloutOffer): void {
    this.#offer = offer;
  }

  takesPart(session: string): boolean {
    return isInShare(session, this.#offer);
  }

  count(side: Side, what: Count): void {
    this.#tallies[side][what]++;
    this.#listener.onCount(side, what);
  }

  /** The candidate broke beside a session. */
  fail(error: unknown): void {
    this.count('candidate', 'errors');
    this.#listener.onShadowError(error);
  }

  countAudio(side: Side, audioMs: number): void {
    this.#tallies[side].audioSeconds += audioMs / 1000;
  }

  countDisagreement(onlyHeardBy: Side): void {
    this.#disagreements[onlyHeardBy === 'incumbent' ? 'onlyIncumbent' : 'onlyCandidate']++;
    this.#listener.onDisagreement(onlyHeardBy);
  }

  /** @returns why the rollout must end, if it must */
  verdict(): string | undefined {
    return leavesBand(this.#tallies, this.#offer.band);
  }

  /** What is told of it. */
  status(state: 'running' | 'halted', reason?: string): NonNullable<InstanceStatus['rollout']> {
    const { incumbent, candidate } = this.#tallies;
    return {
      ...rolloutFacts(this.#offer),
      state,
      ...(reason !== undefined && { reason }),
      tallies: { incumbent: { ...incumbent }, candidate: { ...candidate } },
      disagreements: { ...this.#disagreements },
    };
  }
}

/** What is told of a rollout whose candidate never ran. */
export function rolloutNotRun(
  offer: RolloutOffer,
  { state, reason }: { readonly state: 'refused' | 'halted'; readonly reason: string },
): NonNullable<InstanceStatus['rollout']> {
  const tallies = { incumbent: emptyTally(), candidate: emptyTally() };
  return { ...rolloutFacts(offer), state, reason, tallies, disagreements: { onlyIncumbent: 0, onlyCandidate: 0 } };
}

function rolloutFacts({ id, mode, share, candidate: { version, digest } }: RolloutOffer) {
  return { id, mode, share, candidate: { version, digest } };
}

function emptyTally(): Mutable<RolloutTally> {
  return { sessions: 0, errors: 0, events: 0, audioSeconds: 0 };
}

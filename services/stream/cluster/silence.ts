/** Which of those that should say something every second have said nothing for too long. */

/** How often each says that it is alive. */
export const HEARTBEAT_MS = 1000;
/** Longer, and it is frozen: what it serves is live audio. A busy machine, a collection of garbage or a new model take less. */
export const FROZEN_MS = 10_000;
/** Who looks later than this was frozen itself (a suspended machine), and knows nothing of the others. */
const MAX_LOOK_GAP_MS = 3 * HEARTBEAT_MS;

/** Keeps when each member was last heard. All times are of one monotonic clock. */
export class Silence<Member> {
  readonly #heardMs = new Map<Member, number>();
  #lookedMs = -Infinity;

  /** From its first word on a member is watched. */
  heard(member: Member, nowMs: number): void {
    this.#heardMs.set(member, nowMs);
  }

  forget(member: Member): void {
    this.#heardMs.delete(member);
  }

  /** Those that have been silent for longer than `FROZEN_MS` while somebody looked. */
  look(nowMs: number): readonly Member[] {
    const wasAway = nowMs - this.#lookedMs > MAX_LOOK_GAP_MS;
    this.#lookedMs = nowMs;
    if (wasAway) for (const member of this.#heardMs.keys()) this.#heardMs.set(member, nowMs);
    return [...this.#heardMs].filter(([, heardMs]) => nowMs - heardMs > FROZEN_MS).map(([member]) => member);
  }
}

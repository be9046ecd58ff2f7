/** Takes turns between sessions that have audio waiting, so that none waits for another's backlog. */

/** Whoever has work in slices. */
export interface TurnTaker {
  /** Works off one slice. @returns whether there is more */
  takeTurn(): boolean;
}

/** After so long the event loop gets a look at sockets and timers. */
const ROUND_MS = 5;

/** First come, first served, one slice at a time. */
export class Turns {
  readonly #waiting = new Set<TurnTaker>();
  readonly #now: () => number;
  #isScheduled = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether nobody waits. */
  get isIdle(): boolean {
    return this.#waiting.size === 0;
  }

  add(taker: TurnTaker): void {
    this.#waiting.add(taker);
    this.#schedule();
  }

  remove(taker: TurnTaker): void {
    this.#waiting.delete(taker);
  }

  #schedule(): void {
    if (this.#isScheduled || this.isIdle) return;
    this.#isScheduled = true;
    setImmediate(() => this.#round());
  }

  #round(): void {
    this.#isScheduled = false;
    const endMs = this.#now() + ROUND_MS;
    for (const taker of this.#waiting) {
      this.#waiting.delete(taker);
      if (taker.takeTurn()) this.#waiting.add(taker); // to the end: the iteration comes to it again
      if (this.#now() >= endMs) break;
    }
    this.#schedule();
  }
}

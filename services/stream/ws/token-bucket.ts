/** How much of something may come: a burst at once, and then so much a millisecond. */

export interface TokenBucketOptions {
  readonly capacity: number;
  readonly perMs: number;
  /** Milliseconds that only go forward. */
  readonly now: () => number;
}

/** Full at first. */
export class TokenBucket {
  readonly #capacity: number;
  readonly #now: () => number;
  #perMs: number;
  #available: number;
  #filledAtMs: number;

  constructor({ capacity, perMs, now }: TokenBucketOptions) {
    this.#capacity = capacity;
    this.#perMs = perMs;
    this.#now = now;
    this.#available = capacity;
    this.#filledAtMs = now();
  }

  /** As of the last look at it. */
  get available(): number {
    return this.#available;
  }

  /** Fills at another rate from now on. */
  fillAt(perMs: number): void {
    this.#refill();
    this.#perMs = perMs;
  }

  /** Takes so much out, if there is as much. @returns whether there was */
  take(amount: number): boolean {
    this.#refill();
    if (amount > this.#available) return false;
    this.#available -= amount;
    return true;
  }

  #refill(): void {
    const nowMs = this.#now();
    this.#available = Math.min(this.#capacity, this.#available + (nowMs - this.#filledAtMs) * this.#perMs);
    this.#filledAtMs = nowMs;
  }
}

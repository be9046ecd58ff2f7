/** How fast audio may come: a token bucket of milliseconds of audio, so that a burst is fine and a flood is not. */

import type { Limits } from '../config.ts';

/** Below this share of the burst a client is warned. */
const LOW_SHARE = 0.25;

export interface PaceLimiterOptions extends Pick<Limits, 'burstMs' | 'maxSpeed'> {
  readonly now: () => number;
}

/** Full at first; refilled at `maxSpeed` times real time. */
export class PaceLimiter {
  readonly #burstMs: number;
  readonly #now: () => number;
  #maxSpeed: number;
  #availableMs: number;
  #filledAtMs: number;

  constructor({ burstMs, maxSpeed, now }: PaceLimiterOptions) {
    this.#burstMs = burstMs;
    this.#maxSpeed = maxSpeed;
    this.#now = now;
    this.#availableMs = burstMs;
    this.#filledAtMs = now();
  }

  /** Lets audio come this much faster than real time from now on. */
  allow(maxSpeed: number): void {
    this.#refill();
    this.#maxSpeed = maxSpeed;
  }

  /** Takes audio in, if it may come. @returns whether it may */
  take(audioMs: number): boolean {
    this.#refill();
    if (audioMs > this.#availableMs) return false;
    this.#availableMs -= audioMs;
    return true;
  }

  /** Whether audio that goes on as it came will soon be too much. */
  get isLow(): boolean {
    return this.#availableMs < LOW_SHARE * this.#burstMs;
  }

  #refill(): void {
    const nowMs = this.#now();
    this.#availableMs = Math.min(this.#burstMs, this.#availableMs + (nowMs - this.#filledAtMs) * this.#maxSpeed);
    this.#filledAtMs = nowMs;
  }
}

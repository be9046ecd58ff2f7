/** How fast audio may come: a burst is fine, a flood is not. */

import type { Limits } from '../config.ts';
import { TokenBucket } from './token-bucket.ts';

/** Below this share of the burst a client is warned. */
const LOW_SHARE = 0.25;

export interface PaceLimiterOptions extends Pick<Limits, 'burstMs' | 'maxSpeed'> {
  readonly now: () => number;
}

/** A bucket of milliseconds of audio, refilled at `maxSpeed` times real time. */
export class PaceLimiter {
  readonly #bucket: TokenBucket;
  readonly #burstMs: number;

  constructor({ burstMs, maxSpeed, now }: PaceLimiterOptions) {
    this.#burstMs = burstMs;
    this.#bucket = new TokenBucket({ capacity: burstMs, perMs: maxSpeed, now });
  }

  /** Lets audio come this much faster than real time from now on. */
  allow(maxSpeed: number): void {
    this.#bucket.fillAt(maxSpeed);
  }

  /** Takes audio in, if it may come. @returns whether it may */
  take(audioMs: number): boolean {
    return this.#bucket.take(audioMs);
  }

  /** Whether audio that goes on as it came will soon be too much. */
  get isLow(): boolean {
    return this.#bucket.available < LOW_SHARE * this.#burstMs;
  }
}

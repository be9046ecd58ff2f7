/** How many uploads are worked on at a time. */

import { HttpError } from './problem.ts';

/** Runs at most so many pieces of work at once; one more is refused, not queued. */
export class UploadSlots {
  readonly #max: number;
  readonly #running = new Set<Promise<unknown>>();

  constructor(max: number) {
    this.#max = max;
  }

  get isIdle(): boolean {
    return this.#running.size === 0;
  }

  /** @throws {HttpError} `no_capacity` */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running.size >= this.#max) {
      throw new HttpError('no_capacity', `${this.#max} uploads are being worked on; try again later`);
    }
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Resolves when all work that is running has ended, well or not. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running);
  }
}

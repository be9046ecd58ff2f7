/** Which of two models hear what the other does not, on the same audio. */

import type { DetectedEvent } from '#shared/protocol/messages.ts';

/** Events of one keyword that end this close together are one. */
const MATCH_SAMPLES = 8000;
/** Events that wait for the other model's; one more, and the oldest waits no longer. */
const MAX_WAITING = 64;

export type Side = 'incumbent' | 'candidate';

interface Waiting {
  readonly side: Side;
  readonly keyword: string;
  readonly endSample: number;
}

/** Of one session. */
export class Disagreements {
  readonly #onDisagreement: (onlyHeardBy: Side) => void;
  #waiting: Waiting[] = [];

  constructor(onDisagreement: (onlyHeardBy: Side) => void) {
    this.#onDisagreement = onDisagreement;
  }

  /** One of the two has heard something. */
  note(side: Side, { keyword, endSample }: Pick<DetectedEvent, 'keyword' | 'endSample'>): void {
    const match = this.#waiting.findIndex(
      (other) => other.side !== side && other.keyword === keyword && Math.abs(other.endSample - endSample) <= MATCH_SAMPLES,
    );
    if (match >= 0) this.#waiting.splice(match, 1);
    else this.#waiting.push({ side, keyword, endSample });
    while (this.#waiting.length > MAX_WAITING) this.#settle(this.#waiting.splice(0, 1));
  }

  /** Both have heard everything up to here. */
  heardUntil(sample: number): void {
    const isOver = ({ endSample }: Waiting): boolean => endSample + MATCH_SAMPLES < sample;
    if (!this.#waiting.some(isOver)) return;
    this.#settle(this.#waiting.filter(isOver));
    this.#waiting = this.#waiting.filter((event) => !isOver(event));
  }

  #settle(events: readonly Waiting[]): void {
    for (const { side } of events) this.#onDisagreement(side);
  }
}

/** Sees that a word which two sessions heard, as both were given the same audio, is told once. */

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import type { KeywordMessage } from '#shared/protocol/messages.ts';

/** A window: hearings of the same word by two sessions do not end further apart. */
const SAME_WORD_SAMPLES = SAMPLE_RATE_HZ;

/** Samples are those of all the audio. One entry a keyword of the model. */
export class ToldKeywords {
  readonly #lastEndOf = new Map<string, number>();
  #sharedUntil = -Infinity;

  /** Up to here, audio was given to two sessions. */
  share(untilSample: number): void {
    this.#sharedUntil = untilSample;
  }

  /** Whether it has not been told, and notes that it is now. */
  tell({ keyword, endSample }: Pick<KeywordMessage, 'keyword' | 'endSample'>): boolean {
    const last = this.#lastEndOf.get(keyword) ?? -Infinity;
    const mayBeShared = endSample < this.#sharedUntil + SAME_WORD_SAMPLES;
    if (mayBeShared && Math.abs(endSample - last) < SAME_WORD_SAMPLES) return false;
    this.#lastEndOf.set(keyword, Math.max(last, endSample));
    return true;
  }
}

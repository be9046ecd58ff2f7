/** Sees that what two sessions heard, as both were given the same audio, is told as one session would have told it. */

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import type { KeywordMessage } from '#shared/protocol/messages.ts';

/** A window: hearings of the same word by two sessions do not end further apart. */
const SAME_WORD_SAMPLES = SAMPLE_RATE_HZ;
/** Scores of a session's first windows are means of fewer windows than later ones, so that the half of a word may pass for another. */
const COLD_STRIDES = 4;

type Hearing = Pick<KeywordMessage, 'keyword' | 'endSample'>;

/** Where one session takes another's place. Samples are those of all the audio. */
export interface Seam {
  /** The first that both were given. */
  readonly fromSample: number;
  /** The end of what both were given. */
  readonly untilSample: number;
  readonly windowSamples: number;
  readonly strideSamples: number;
}

/**
 * Decides which session's word counts. Audio that the former session has heard is the former's, even where the latter heard something in it:
 * that begins within words. Beyond, it is the latter's. Two entries a keyword of the model.
 */
export class ToldKeywords {
  /** Ends of the words that sessions before the seam were heard to say, and of those the session after it was. */
  readonly #before = new Map<string, number>();
  #after = new Map<string, number>();
  /** What the former session said of its last window, as it was told to stop: not whether it would have said so if it had gone on. */
  readonly #unsure = new Map<string, number>();
  #seam: Seam | undefined;
  /** Sessions have told what they heard in all windows that end up to here. */
  #heardUntil = -Infinity;
  /** Windows that end up to here are the former session's. */
  #coveredUntil = -Infinity;

  /** The end of a window whose posteriors have come: all words that end before it have come too. @returns whether it is a new one */
  heardUntil(endSample: number): boolean {
    const isNew = endSample > this.#heardUntil;
    this.#heardUntil = Math.max(this.#heardUntil, endSample);
    return isNew;
  }

  /** From now on another session speaks; first, the former one may still say what it heard, see `tellOfFormer`. */
  share(seam: Seam): void {
    for (const [keyword, endSample] of this.#after) this.#note(this.#before, { keyword, endSample });
    this.#after = new Map();
    this.#unsure.clear();
    this.#seam = seam;
    this.#coveredUntil = this.#heardUntil;
  }

  /** The former session has told all it heard. */
  formerEnded(): void {
    if (this.#seam) this.#coveredUntil = cutOf(this.#seam);
  }

  /** Whether a word of the former session, that was told to stop, is to be told; notes that it is. */
  tellOfFormer(hearing: Hearing): boolean {
    this.heardUntil(hearing.endSample);
    if (this.#seam && hearing.endSample > cutOf(this.#seam)) {
      this.#unsure.set(hearing.keyword, hearing.endSample);
      return false;
    }
    this.#note(this.#before, hearing);
    return true;
  }

  /** Whether a word of the session that speaks is to be told; notes that it is. */
  tell(hearing: Hearing): boolean {
    const isTold =
      hearing.endSample <= this.#coveredUntil ? this.#confirms(hearing) : !this.#isKnown(hearing) && !this.#isDoubtful(hearing);
    this.heardUntil(hearing.endSample);
    if (isTold) this.#note(this.#after, hearing);
    return isTold;
  }

  /** Both sessions heard it at the seam, each in its own windows, and each left it to the other. */
  #confirms({ keyword, endSample }: Hearing): boolean {
    const other = this.#unsure.get(keyword);
    if (other === undefined || Math.abs(endSample - other) >= SAME_WORD_SAMPLES) return false;
    return this.#unsure.delete(keyword);
  }

  /** Whether a session before the seam has told it. */
  #isKnown({ keyword, endSample }: Hearing): boolean {
    const last = this.#before.get(keyword) ?? -Infinity;
    const mayBeShared = endSample < (this.#seam?.untilSample ?? -Infinity) + SAME_WORD_SAMPLES;
    return mayBeShared && Math.abs(endSample - last) < SAME_WORD_SAMPLES;
  }

  /** Whether it may be the rest of a word that has been told: the session began within it, and has heard little more. */
  #isDoubtful({ endSample }: Hearing): boolean {
    if (!this.#seam) return false;
    const { fromSample, windowSamples, strideSamples } = this.#seam;
    const isCold = endSample < fromSample + windowSamples + COLD_STRIDES * strideSamples;
    return isCold && Math.max(-Infinity, ...this.#before.values()) > fromSample;
  }

  #note(ends: Map<string, number>, { keyword, endSample }: Hearing): void {
    ends.set(keyword, Math.max(ends.get(keyword) ?? -Infinity, endSample));
  }
}

/** Up to where windows are the former session's: all but its last, so that nobody waits for what it may have said only because it ended. */
function cutOf({ fromSample, untilSample, windowSamples, strideSamples }: Seam): number {
  const cut = untilSample - strideSamples;
  return cut - fromSample < windowSamples ? untilSample : cut; // the latter has no window of its own yet
}

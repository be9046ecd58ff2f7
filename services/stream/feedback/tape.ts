/** The last seconds of a session, for clips that its client asks to be kept. Made only where that may happen. */

import { MAX_CLIP_SECONDS } from '#shared/feedback/clip-record.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';

const TAPE_SAMPLES = MAX_CLIP_SECONDS * SAMPLE_RATE_HZ;

/** A ring of samples at 16 kHz, by their place in the session. */
export class Tape {
  readonly #ring = new Float32Array(TAPE_SAMPLES);
  /** What is held: nothing from before a gap. */
  #startSample = 0;
  #endSample = 0;

  /** Up to where audio was heard. */
  get endSample(): number {
    return this.#endSample;
  }

  /** @param startSample - of the first one; not the end of what is held where audio was lost */
  write(samples: Float32Array, startSample: number): void {
    if (startSample !== this.#endSample) this.#startSample = startSample;
    this.#endSample = startSample + samples.length;
    this.#startSample = Math.max(this.#startSample, this.#endSample - TAPE_SAMPLES);
    const kept = samples.subarray(Math.max(0, samples.length - TAPE_SAMPLES));
    const at = (this.#endSample - kept.length) % TAPE_SAMPLES;
    const head = kept.subarray(0, TAPE_SAMPLES - at);
    this.#ring.set(head, at);
    this.#ring.set(kept.subarray(head.length), 0);
  }

  /** A copy of what lies between two places, as far as it is still held; empty if nothing is. */
  copy(fromSample: number, toSample: number): { readonly samples: Float32Array; readonly startSample: number } {
    const startSample = Math.max(fromSample, this.#startSample);
    const endSample = Math.max(startSample, Math.min(toSample, this.#endSample));
    const samples = Float32Array.from({ length: endSample - startSample }, (_, i) => this.#ring[(startSample + i) % TAPE_SAMPLES] ?? 0);
    return { samples, startSample };
  }

  /** Leaves nothing of what was heard. */
  erase(): void {
    this.#ring.fill(0);
    this.#startSample = this.#endSample;
  }
}

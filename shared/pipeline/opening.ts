/** The first window of a stream, kept whole until it is there: a stream shorter than that is scored in its middle. */

/** Collects exactly one window of samples; takes no room before the first. */
export class Opening {
  readonly #windowSamples: number;
  #window = new Float32Array(0);
  #filledSamples = 0;

  constructor(windowSamples: number) {
    this.#windowSamples = windowSamples;
  }

  get isFull(): boolean {
    return this.#filledSamples === this.#windowSamples;
  }

  get isEmpty(): boolean {
    return this.#filledSamples === 0;
  }

  /** How many samples the window still lacks. */
  get missingSamples(): number {
    return this.#windowSamples - this.#filledSamples;
  }

  /** Takes what is missing off the front of `samples`, and says how many that were. */
  fill(samples: Float32Array): number {
    if (this.#window.length === 0) this.#window = new Float32Array(this.#windowSamples);
    const taken = Math.min(samples.length, this.#windowSamples - this.#filledSamples);
    this.#window.set(samples.subarray(0, taken), this.#filledSamples);
    this.#filledSamples += taken;
    return taken;
  }

  /** The window; if not full, what there is with as many zeros before it as after (one more after, if odd). */
  centred(): { readonly window: Float32Array; readonly zerosBefore: number } {
    const zerosBefore = Math.floor((this.#window.length - this.#filledSamples) / 2);
    if (zerosBefore === 0) return { window: this.#window, zerosBefore };
    const window = new Float32Array(this.#window.length);
    window.set(this.#window.subarray(0, this.#filledSamples), zerosBefore);
    return { window, zerosBefore };
  }
}

/** Scores: the mean of the last few windows' posteriors, so that one odd window makes no detection. */

/** Averages each label over the last `windows` windows; at the start of a stream, over those there are. */
export class Smoother {
  readonly #windows: number;
  readonly #labels: number;
  readonly #recent: Float32Array;
  readonly #scores: Float32Array;
  #seen = 0;

  constructor(windows: number, labels: number) {
    this.#windows = windows;
    this.#labels = labels;
    this.#recent = new Float32Array(windows * labels);
    this.#scores = new Float32Array(labels);
  }

  /**
   * Takes in the next window.
   *
   * @param posteriors - `[labels]`
   * @returns scores `[labels]`; the array is reused by the next call
   */
  push(posteriors: Float32Array): Float32Array {
    if (posteriors.length !== this.#labels) throw new RangeError(`expected ${this.#labels} posteriors, got ${posteriors.length}`);
    this.#recent.set(posteriors, (this.#seen % this.#windows) * this.#labels);
    this.#seen++;
    return this.#mean(Math.min(this.#seen, this.#windows));
  }

  /**
   * Lets another smoother remember what this one does, so that a model that takes over does not begin to score from nothing.
   *
   * @param sourceOf - for each label of the other, where it stands among the labels of this one; −1 if it is new, and was never heard
   */
  teach(other: Smoother, sourceOf: readonly number[]): void {
    const posteriors = new Float32Array(sourceOf.length);
    for (let seen = Math.max(0, this.#seen - this.#windows); seen < this.#seen; seen++) {
      const start = (seen % this.#windows) * this.#labels;
      for (let i = 0; i < sourceOf.length; i++) posteriors[i] = sourceOf[i]! < 0 ? 0 : this.#recent[start + sourceOf[i]!]!;
      other.push(posteriors);
    }
  }

  /** Summed afresh each time: a running sum would drift, and drift would depend on where a stream began. */
  #mean(windows: number): Float32Array {
    const [recent, scores, labels] = [this.#recent, this.#scores, this.#labels];
    for (let label = 0; label < labels; label++) {
      let sum = 0;
      for (let window = 0; window < windows; window++) sum += recent[window * labels + label]!;
      scores[label] = sum / windows;
    }
    return scores;
  }
}

/** The last window of a stream of feature frames, for engines that compute each window alone. */

/** How windows lie over frames. */
export interface WindowOfFramesOptions {
  readonly windowFrames: number;
  readonly strideFrames: number;
  readonly coefficients: number;
}

/** Holds the frames of one window and slides by a stride. */
export class WindowOfFrames {
  readonly options: WindowOfFramesOptions;
  readonly #frames: Float32Array;
  #isFilled = false;

  constructor(options: WindowOfFramesOptions) {
    this.options = options;
    this.#frames = new Float32Array(options.windowFrames * options.coefficients);
  }

  /**
   * Slides to the next window.
   *
   * @param frames - a whole window the first time, one stride after that
   * @returns the window `[windowFrames, coefficients]`, row-major; valid until the next call
   * @throws {RangeError} if the number of frames is not the one expected
   */
  advance(frames: Float32Array): Float32Array {
    const { windowFrames, strideFrames, coefficients } = this.options;
    assertFrames(frames, this.#isFilled ? strideFrames : windowFrames, coefficients);
    const kept = Math.max(0, this.#frames.length - frames.length);
    this.#frames.copyWithin(0, this.#frames.length - kept);
    this.#frames.set(frames.subarray(Math.max(0, frames.length - this.#frames.length)), kept);
    this.#isFilled = true;
    return this.#frames;
  }

  /** The next call of `advance` takes a whole window again. */
  reset(): void {
    this.#isFilled = false;
  }
}

/** @throws {RangeError} if `frames` does not hold exactly that many frames */
export function assertFrames(frames: Float32Array, expectedFrames: number, coefficients: number): void {
  if (frames.length !== expectedFrames * coefficients) {
    throw new RangeError(`expected ${expectedFrames} frames of ${coefficients} coefficients, got ${frames.length} values`);
  }
}

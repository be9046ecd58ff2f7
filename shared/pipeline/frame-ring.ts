/** The frames of the last window: what a stream's first window, and any model that takes over later, is filled from. */

import { windowFrames, type Manifest } from '#shared/model/manifest.ts';

/** Keeps as many frames as a window has, in one flat buffer; the newest takes the oldest one's place. */
export class FrameRing {
  readonly #frames: Float32Array;
  readonly #coefficients: number;
  /** Where the next frame goes: of a full ring, where the oldest is. */
  #next = 0;
  #isFull = false;

  constructor(manifest: Manifest) {
    this.#coefficients = manifest.features.coefficients;
    this.#frames = new Float32Array(windowFrames(manifest) * this.#coefficients);
  }

  /** Whether the frames of a whole window are there. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Adds whole frames, `[frames, coefficients]`. */
  push(frames: Float32Array): void {
    for (let start = 0; start < frames.length; start += this.#coefficients) this.#add(frames, start);
  }

  /** The window of a full ring, oldest frame first: `[windowFrames, coefficients]`, owned by the caller. */
  window(): Float32Array {
    const window = new Float32Array(this.#frames.length);
    window.set(this.#frames.subarray(this.#next));
    window.set(this.#frames.subarray(0, this.#next), this.#frames.length - this.#next);
    return window;
  }

  #add(frames: Float32Array, start: number): void {
    for (let i = 0; i < this.#coefficients; i++) this.#frames[this.#next + i] = frames[start + i]!;
    this.#next += this.#coefficients;
    if (this.#next < this.#frames.length) return;
    this.#next = 0;
    this.#isFull = true;
  }
}

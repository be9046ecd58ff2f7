/** The frames of the last window: what a stream's first window, and any model that takes over later, is filled from. */

import ringBuffer from 'ring-buffer-ts';

import { windowFrames, type Manifest } from '#shared/model/manifest.ts';

/** Keeps as many frames as a window has; the oldest one's buffer takes the newest. */
export class FrameRing {
  readonly #ring: InstanceType<typeof ringBuffer.RingBuffer<Float32Array>>;
  readonly #coefficients: number;

  constructor(manifest: Manifest) {
    this.#ring = new ringBuffer.RingBuffer<Float32Array>(windowFrames(manifest));
    this.#coefficients = manifest.features.coefficients;
  }

  /** Whether the frames of a whole window are there. */
  get isFull(): boolean {
    return this.#ring.isFull();
  }

  /** Adds whole frames, `[frames, coefficients]`. */
  push(frames: Float32Array): void {
    for (let start = 0; start < frames.length; start += this.#coefficients) {
      const frame = this.#recycled();
      for (let i = 0; i < this.#coefficients; i++) frame[i] = frames[start + i]!;
      this.#ring.add(frame);
    }
  }

  /** The window, oldest frame first: `[windowFrames, coefficients]`, owned by the caller. */
  window(): Float32Array {
    const window = new Float32Array(this.#ring.getBufferLength() * this.#coefficients);
    for (let i = 0; i < this.#ring.getBufferLength(); i++) window.set(this.#ring.get(i)!, i * this.#coefficients);
    return window;
  }

  #recycled(): Float32Array {
    const oldest = this.#ring.isFull() ? this.#ring.getFirst() : undefined;
    return oldest ?? new Float32Array(this.#coefficients);
  }
}

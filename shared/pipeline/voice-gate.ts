/** Tells windows that hold nothing but the background from those that may hold a voice, so that the former need not be scored. */

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import { FrameLevel } from '#shared/features/frame-level.ts';
import { strideFrames, windowFrames, type Manifest } from '#shared/model/manifest.ts';

/** The background is the quietest of so long: longer than any word, short enough to follow a fan that starts. */
const BACKGROUND_MS = 3000;
/**
 * A level this much above the background may be a voice. Of words 5 dB above pink noise, 2 dB missed some and 1.25 dB none; with less, noise
 * that goes on opens the gate by itself (validation clips of Speech Commands, `bench/voice-gate.ts`).
 */
const MARGIN_DB = 1.5;
/** How much of a level is its frame's own; the rest is that of the frames before. Steady noise stays within a dB of its floor with this. */
const SMOOTHING = 0.15;

/**
 * Follows the background by minimum statistics (R. Martin, "Noise power spectral density estimation based on optimal smoothing and
 * minimum statistics", 2001). A window counts as silent only if no frame in it rises above the background: a word is scored from the
 * first window it reaches into to the last, with what came before it.
 */
export class VoiceGate {
  readonly #level: FrameLevel;
  readonly #windowFrames: number;
  readonly #coefficients: number;
  /** The quietest level of each of the last strides. */
  readonly #minima: Float32Array;
  #strides = 0;
  #smoothedDb: number | undefined;
  #framesSinceVoice = 0;

  constructor(manifest: Manifest) {
    const { features } = manifest;
    const backgroundFrames = (BACKGROUND_MS * SAMPLE_RATE_HZ) / 1000 / features.hopSamples;
    this.#level = new FrameLevel(features);
    this.#windowFrames = windowFrames(manifest);
    this.#coefficients = features.coefficients;
    this.#minima = new Float32Array(Math.ceil(backgroundFrames / strideFrames(manifest))).fill(Infinity);
  }

  /** Whether the window that ends with the last frame may hold a voice; always, until the background is known. */
  get isOpen(): boolean {
    return this.#strides < this.#minima.length || this.#framesSinceVoice < this.#windowFrames;
  }

  /** Takes the frames of the next stride, `[frames, coefficients]`. */
  push(frames: Float32Array): void {
    const count = frames.length / this.#coefficients;
    const thresholdDb = this.#backgroundDb() + MARGIN_DB;
    let quietestDb = Infinity;
    for (let frame = 0; frame < count; frame++) {
      const levelDb = this.#smooth(this.#level.of(frames, frame));
      quietestDb = Math.min(quietestDb, levelDb);
      this.#framesSinceVoice = levelDb > thresholdDb ? 0 : this.#framesSinceVoice + 1;
    }
    this.#minima[this.#strides % this.#minima.length] = quietestDb;
    this.#strides++;
  }

  #smooth(levelDb: number): number {
    this.#smoothedDb = this.#smoothedDb === undefined ? levelDb : this.#smoothedDb + SMOOTHING * (levelDb - this.#smoothedDb);
    return this.#smoothedDb;
  }

  #backgroundDb(): number {
    let quietestDb = Infinity;
    for (const minimumDb of this.#minima) quietestDb = Math.min(quietestDb, minimumDb);
    return quietestDb;
  }
}

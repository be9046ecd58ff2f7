/** How loud a feature frame is, whatever the conventions of its features. */

import type { FeatureConfig } from '#shared/features/feature-config.ts';

const DB_PER_NEPER_OF_POWER = 10 / Math.LN10;

/**
 * Gives the mean of a frame's log-mel bands in dB, relative to no particular level: differences between frames mean something, one
 * value alone does not. Bands count alike, so that a hiss counts as much as a hum.
 */
export class FrameLevel {
  readonly #coefficients: number;
  /** From the first coefficient, or from the sum of all bands where there is no DCT, to dB. */
  readonly #scale: number;
  readonly #summed: number;

  constructor({ dct, melBands, coefficients, logarithm, spectrum }: FeatureConfig) {
    this.#coefficients = coefficients;
    this.#summed = dct === 'none' ? coefficients : 1;
    const mean = { orthonormal: 1 / Math.sqrt(melBands), unscaled: 1 / (2 * melBands), none: 1 / melBands }[dct];
    const db = logarithm === 'db' ? 1 : DB_PER_NEPER_OF_POWER;
    this.#scale = mean * db * (spectrum === 'magnitude' ? 2 : 1);
  }

  /** The level of one of `frames`, `[frames, coefficients]`. */
  of(frames: Float32Array, frame: number): number {
    let sum = 0;
    for (let i = 0; i < this.#summed; i++) sum += frames[frame * this.#coefficients + i]!;
    return sum * this.#scale;
  }
}

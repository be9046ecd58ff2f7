/** MFCC in plain TypeScript: window, power spectrum, mel bands, logarithm, DCT-II. The oracle for faster extractors. */

import { samplesOf, type FeatureConfig } from '#shared/features/feature-config.ts';
import { dctMatrix, melFilterbank, scaledWindow, type MelBand } from '#shared/features/matrices.ts';
import { RealFft } from '#shared/features/real-fft.ts';

/** Turns samples into feature frames. Stateless between calls; what a frame yields depends on its own samples alone. */
export interface FeatureExtractor {
  readonly config: FeatureConfig;
  /**
   * Computes `frames` consecutive frames.
   *
   * @param samples - at least `samplesOf(frames, config)` samples in [-1, 1]
   * @param out - `[frames, coefficients]`, row-major, owned by the caller
   */
  extract(samples: Float32Array, frames: number, out: Float32Array): void;
}

const LOG_FLOOR = 1e-10; // librosa's amin: keeps the logarithm of digital silence finite

/**
 * Davis and Mermelstein (1980), with the conventions of `config`. Not re-entrant: reuses its buffers.
 */
export class MfccExtractor implements FeatureExtractor {
  readonly config: FeatureConfig;
  readonly #fft: RealFft;
  readonly #window: Float32Array;
  readonly #bands: readonly MelBand[];
  readonly #dct: Float32Array;
  readonly #frame: Float32Array;
  readonly #spectrum: Float32Array;
  readonly #mel: Float64Array;

  constructor(config: FeatureConfig) {
    this.config = config;
    this.#fft = new RealFft(config.frameSamples);
    this.#window = scaledWindow(config);
    this.#bands = melFilterbank(config);
    this.#dct = dctMatrix(config);
    this.#frame = new Float32Array(config.frameSamples);
    this.#spectrum = new Float32Array(config.frameSamples / 2 + 1);
    this.#mel = new Float64Array(config.melBands);
  }

  extract(samples: Float32Array, frames: number, out: Float32Array): void {
    const { hopSamples, coefficients } = this.config;
    if (samples.length < samplesOf(frames, this.config)) {
      throw new RangeError(`${frames} frames need ${samplesOf(frames, this.config)} samples, got ${samples.length}`);
    }
    for (let frame = 0; frame < frames; frame++) {
      this.#windowInto(samples, frame * hopSamples);
      this.#fft.powerSpectrum(this.#frame, this.#spectrum);
      this.#logMel();
      this.#cepstrum(out, frame * coefficients);
    }
  }

  #windowInto(samples: Float32Array, start: number): void {
    const [frame, window] = [this.#frame, this.#window];
    for (let n = 0; n < frame.length; n++) frame[n] = samples[start + n]! * window[n]!;
  }

  #logMel(): void {
    const isMagnitude = this.config.spectrum === 'magnitude';
    const spectrum = this.#spectrum;
    if (isMagnitude) for (let bin = 0; bin < spectrum.length; bin++) spectrum[bin] = Math.sqrt(spectrum[bin]!);
    for (let band = 0; band < this.#bands.length; band++) {
      const { firstBin, weights } = this.#bands[band]!;
      let energy = 0;
      for (let i = 0; i < weights.length; i++) energy += weights[i]! * spectrum[firstBin + i]!;
      this.#mel[band] = this.#compress(energy);
    }
  }

  #compress(energy: number): number {
    switch (this.config.logarithm) {
      case 'log1p':
        return Math.log1p(energy);
      case 'log':
        return Math.log(Math.max(energy, LOG_FLOOR));
      case 'db':
        return 10 * Math.log10(Math.max(energy, LOG_FLOOR));
    }
  }

  #cepstrum(out: Float32Array, offset: number): void {
    const { coefficients, melBands } = this.config;
    if (this.config.dct === 'none') return out.set(this.#mel, offset);
    const [dct, mel] = [this.#dct, this.#mel];
    for (let row = 0; row < coefficients; row++) {
      let sum = 0;
      for (let band = 0; band < melBands; band++) sum += dct[row * melBands + band]! * mel[band]!;
      out[offset + row] = sum;
    }
  }
}

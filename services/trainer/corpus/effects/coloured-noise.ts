/** Noise of any colour: power that falls with the frequency as 1/f^β, from white (0) over pink (1) to brown (2). */

import FFT from 'fft.js';

import type { Random } from '../../random.ts';

/** Makes noise by drawing its spectrum (Timmer and König, 1995, without the spread of the amplitudes). */
export class ColouredNoise {
  readonly #fft: FFT;
  readonly #samples: number;

  constructor(samples: number) {
    this.#samples = samples;
    this.#fft = new FFT(2 ** Math.ceil(Math.log2(samples)));
  }

  /** Noise with an RMS of 1. @param exponent - β */
  make(exponent: number, random: Random): Float32Array {
    const { size } = this.#fft;
    const spectrum = new Float64Array(2 * size);
    for (let bin = 1; bin < size / 2; bin++) {
      const amplitude = bin ** (-exponent / 2);
      const phase = random.between(0, 2 * Math.PI);
      spectrum[2 * bin] = amplitude * Math.cos(phase);
      spectrum[2 * bin + 1] = amplitude * Math.sin(phase);
    }
    const time = new Float64Array(2 * size);
    this.#fft.inverseTransform(time, spectrum);
    const noise = Float32Array.from({ length: this.#samples }, (_, n) => time[2 * n]!); // the real part of a one-sided spectrum is the noise
    const rms = Math.sqrt(noise.reduce((sum, value) => sum + value * value, 0) / noise.length);
    return noise.map((value) => value / rms);
  }
}

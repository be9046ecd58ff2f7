/** A word as a room gives it back: convolved with the room's answer to a click, by FFT. */

import FFT from 'fft.js';

import type { Random } from '../../random.ts';
import { INT16_SCALE, recordingCount, recordingOf, type SampleStore } from '../sample-store.ts';

/** The direct sound is the first sample this close to the loudest: what lies before is the recording's delay. */
const DIRECT_SHARE = 0.5;

/** Convolves windows with the impulse responses of a store; their spectra are computed once. */
export class Rooms {
  readonly #responses: SampleStore;
  readonly #windowSamples: number;
  readonly #fft: FFT;
  readonly #spectra = new Map<number, Float64Array>();

  /** @param responses - at 16 kHz, one room a recording; what is longer than a window is cut off, for nobody would hear it in one */
  constructor(responses: SampleStore, windowSamples: number) {
    this.#responses = responses;
    this.#windowSamples = windowSamples;
    this.#fft = new FFT(2 ** Math.ceil(Math.log2(2 * windowSamples)));
  }

  /**
   * Puts a window into a random room, in place. The level stays, and so does the place of the direct sound.
   *
   * @param wet - the range of the room's share of the sound
   */
  apply(window: Float32Array, wet: readonly [number, number], random: Random): void {
    const echo = this.#convolve(window, random.below(recordingCount(this.#responses)));
    const share = random.between(...wet);
    const [before, echoRms] = [rmsOf(window), rmsOf(echo)];
    if (before === 0 || echoRms === 0) return;
    for (let n = 0; n < window.length; n++) window[n] = (1 - share) * window[n]! + share * (before / echoRms) * echo[n]!;
    const gain = before / rmsOf(window);
    for (let n = 0; n < window.length; n++) window[n] = window[n]! * gain;
  }

  #convolve(window: Float32Array, room: number): Float32Array {
    const fft = this.#fft;
    const product = this.#spectrumOf(window);
    const response = this.#responseSpectrum(room);
    for (let bin = 0; bin < product.length; bin += 2) {
      const [re, im] = [product[bin]!, product[bin + 1]!];
      product[bin] = re * response[bin]! - im * response[bin + 1]!;
      product[bin + 1] = re * response[bin + 1]! + im * response[bin]!;
    }
    const time = new Float64Array(product.length);
    fft.inverseTransform(time, product);
    return Float32Array.from({ length: window.length }, (_, n) => time[2 * n]!);
  }

  #responseSpectrum(room: number): Float64Array {
    const known = this.#spectra.get(room);
    if (known) return known;
    const recording = recordingOf(this.#responses, room);
    const loudest = recording.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    const direct = recording.findIndex((sample) => Math.abs(sample) >= DIRECT_SHARE * loudest);
    const response = Float32Array.from(recording.subarray(direct, direct + this.#windowSamples), (sample) => sample / INT16_SCALE);
    const spectrum = this.#spectrumOf(response);
    this.#spectra.set(room, spectrum);
    return spectrum;
  }

  /** Interleaved real and imaginary parts; zeros follow the samples, so that the convolution does not wrap around. */
  #spectrumOf(samples: Float32Array): Float64Array {
    const padded = new Float64Array(this.#fft.size);
    padded.set(samples);
    const spectrum = new Float64Array(2 * this.#fft.size);
    this.#fft.realTransform(spectrum, padded); // the library only reads and writes elements
    this.#fft.completeSpectrum(spectrum);
    return spectrum;
  }
}

/** The root mean square. */
export function rmsOf(window: Float32Array): number {
  let sum = 0;
  for (let n = 0; n < window.length; n++) sum += window[n]! * window[n]!;
  return Math.sqrt(sum / window.length);
}

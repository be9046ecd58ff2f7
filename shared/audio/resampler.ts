/** Any rate from 8 to 48 kHz to the pipeline's 16 kHz, as a stream, with the same bits however it is cut. */

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';

import { plainConvolver, type Convolver } from './convolver.ts';
import { greatestCommonDivisor, resamplingFilter, type ResamplingFilter } from './resampling-filter.ts';
import { assertSampleRate } from './sample-rate.ts';

/** Input is worked off in blocks of this length, so the working buffer does not depend on the chunks. */
const BLOCK_SAMPLES = 1024;
const INITIAL_OUTPUT_SAMPLES = 1024;

/**
 * Band-limited interpolation (Smith and Gossett, "A flexible sampling-rate conversion method", 1984). Output sample `k` is the signal at
 * `k / 16000` seconds: the filter's delay is made up for. The pass band reaches to 0.9 of the lower Nyquist frequency and is flat to
 * 0.1 dB; from the lower Nyquist frequency on, at least 60 dB are taken off. The position is counted in whole numbers: no drift.
 */
export class Resampler {
  readonly #convolver: Convolver;
  readonly #filter: ResamplingFilter | undefined;
  /** `fromHz / 16000` in lowest terms: every output advances by `#step / #phases` input samples. */
  readonly #phases: number;
  readonly #step: number;
  /** Inputs from the next output's first tap on, before which lies silence. */
  readonly #inputs: Float32Array;
  #filled = 0;
  /** Numerator of the next output's fraction of an input sample, over `#phases`. */
  #phase = 0;
  #pushedSamples = 0;
  #emittedSamples = 0;
  #outputs: Float32Array;

  /**
   * @param convolver - what multiplies and adds; one that an engine brings is faster
   * @throws {AudioError} `unsupported_sample_rate`
   */
  constructor(fromHz: number, convolver: Convolver = plainConvolver) {
    assertSampleRate(fromHz);
    this.#convolver = convolver;
    const divisor = greatestCommonDivisor(fromHz, SAMPLE_RATE_HZ);
    this.#phases = SAMPLE_RATE_HZ / divisor;
    this.#step = fromHz / divisor;
    this.#filter = fromHz === SAMPLE_RATE_HZ ? undefined : resamplingFilter(fromHz);
    this.#inputs = new Float32Array(this.#filter === undefined ? 0 : this.#filter.taps + BLOCK_SAMPLES);
    this.#outputs = new Float32Array(this.#filter === undefined ? 0 : INITIAL_OUTPUT_SAMPLES);
    this.#reset();
  }

  /**
   * Takes the next samples and gives those that they complete: all but the last few milliseconds.
   *
   * @returns a view that the next call overwrites; at 16 kHz `samples` itself
   */
  push(samples: Float32Array): Float32Array {
    if (this.#filter === undefined) return samples;
    this.#pushedSamples += samples.length;
    const count = this.#convert(samples, this.#filter);
    this.#emittedSamples += count;
    return this.#outputs.subarray(0, count);
  }

  /**
   * Ends the stream: gives the samples still due, as if silence followed, so that `round(pushed × 16000 / fromHz)` were given in all.
   * The next `push` begins a new stream.
   *
   * @returns a view that the next call overwrites
   */
  flush(): Float32Array {
    if (this.#filter === undefined) return this.#outputs.subarray(0, 0);
    const dueSamples = Math.round((this.#pushedSamples * this.#phases) / this.#step) - this.#emittedSamples;
    this.#convert(new Float32Array(this.#filter.taps / 2), this.#filter);
    this.#reset();
    return this.#outputs.subarray(0, dueSamples);
  }

  #reset(): void {
    this.#filled = this.#filter === undefined ? 0 : this.#filter.taps / 2 - 1;
    this.#inputs.fill(0, 0, this.#filled);
    this.#phase = 0;
    this.#pushedSamples = 0;
    this.#emittedSamples = 0;
  }

  #convert(samples: Float32Array, filter: ResamplingFilter): number {
    this.#reserve(Math.ceil((samples.length * this.#phases) / this.#step) + 1);
    let count = 0;
    for (let offset = 0; offset < samples.length; offset += BLOCK_SAMPLES) {
      const block = samples.subarray(offset, offset + BLOCK_SAMPLES);
      this.#inputs.set(block, this.#filled);
      this.#filled += block.length;
      count += this.#drain(count, filter);
    }
    return count;
  }

  /** Computes every output whose taps are all here, from `outputs[from]` on; keeps the inputs that later ones need. */
  #drain(from: number, filter: ResamplingFilter): number {
    const { phase, phases, step } = { phase: this.#phase, phases: this.#phases, step: this.#step };
    const lastStart = this.#filled - filter.taps;
    if (lastStart < 0) return 0;
    const count = Math.max(0, Math.ceil(((lastStart + 1) * phases - phase) / step));
    const [inputs, outputs] = [this.#inputs.subarray(0, this.#filled), this.#outputs.subarray(from)];
    this.#convolver.convolve(inputs, outputs, { filter, phase, phases, step, count });
    const next = phase + count * step;
    const advance = Math.floor(next / phases);
    this.#phase = next - advance * phases;
    this.#inputs.copyWithin(0, advance, this.#filled);
    this.#filled -= advance;
    return count;
  }

  #reserve(samples: number): void {
    if (samples > this.#outputs.length) this.#outputs = new Float32Array(samples);
  }
}

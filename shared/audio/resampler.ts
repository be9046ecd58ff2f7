/** Any rate from 8 to 48 kHz to the pipeline's 16 kHz, as a stream, with the same bits however it is cut. */

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';

import { greatestCommonDivisor, resamplingFilter, type ResamplingFilter } from './resampling-filter.ts';
import { assertSampleRate } from './sample-rate.ts';

/** Input is worked off in blocks of this length, so the working buffer does not depend on the chunks. */
const BLOCK_SAMPLES = 2048;
const INITIAL_OUTPUT_SAMPLES = 1024;

/**
 * Band-limited interpolation (Smith and Gossett, "A flexible sampling-rate conversion method", 1984). Output sample `k` is the signal at
 * `k / 16000` seconds: the filter's delay is made up for. The pass band reaches to 0.9 of the lower Nyquist frequency and is flat to
 * 0.1 dB; from the lower Nyquist frequency on, at least 60 dB are taken off. The position is counted in whole numbers: no drift.
 */
export class Resampler {
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

  /** @throws {AudioError} `unsupported_sample_rate` */
  constructor(fromHz: number) {
    assertSampleRate(fromHz);
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
      const end = Math.min(samples.length, offset + BLOCK_SAMPLES);
      for (let i = offset; i < end; i++) this.#inputs[this.#filled++] = samples[i]!;
      count = this.#drain(count, filter);
    }
    return count;
  }

  /** Computes every output whose taps are all here, from `outputs[count]` on; keeps the inputs that later ones need. */
  #drain(count: number, filter: ResamplingFilter): number {
    const { taps, phases: rowsPerSample } = filter;
    let start = 0;
    let phase = this.#phase;
    for (; start + taps <= this.#filled; count++) {
      const place = (phase * rowsPerSample) / this.#phases;
      this.#outputs[count] = this.#interpolate(filter, start, place);
      phase += this.#step;
      const advance = Math.floor(phase / this.#phases);
      start += advance;
      phase -= advance * this.#phases;
    }
    this.#phase = phase;
    this.#inputs.copyWithin(0, start, this.#filled);
    this.#filled -= start;
    return count;
  }

  /** The output whose first tap is `inputs[start]`, `place` rows into the table. */
  #interpolate({ rows, taps }: ResamplingFilter, start: number, place: number): number {
    const row = Math.floor(place);
    const inputs = this.#inputs;
    const value = dotProduct(rows, row * taps, taps, inputs, start);
    if (row === place) return value;
    return value + (place - row) * (dotProduct(rows, (row + 1) * taps, taps, inputs, start) - value);
  }

  #reserve(samples: number): void {
    if (samples > this.#outputs.length) this.#outputs = new Float32Array(samples);
  }
}

/** Four sums, so that additions need not wait for each other; `taps` is a multiple of 4. Plain arguments: it runs once a sample. */
// eslint-disable-next-line max-params -- an options object would be one allocation a sample
function dotProduct(rows: Float32Array, rowStart: number, taps: number, inputs: Float32Array, start: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let tap = 0; tap < taps; tap += 4) {
    const weight = rowStart + tap;
    const input = start + tap;
    a += rows[weight]! * inputs[input]!;
    b += rows[weight + 1]! * inputs[input + 1]!;
    c += rows[weight + 2]! * inputs[input + 2]!;
    d += rows[weight + 3]! * inputs[input + 3]!;
  }
  return a + b + (c + d);
}

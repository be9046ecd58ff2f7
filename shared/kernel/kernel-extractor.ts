/** The production feature extractor: the MFCC of `shared/features/mfcc.ts`, four frames at a time in the kernel. */

import { samplesOf, type FeatureConfig } from '#shared/features/feature-config.ts';
import type { FeatureExtractor } from '#shared/features/mfcc.ts';
import { instantiateKernel } from './kernel-exports.ts';
import { Allocations, BYTES_PER_FLOAT, KernelMemory } from './kernel-memory.ts';
import { writeMfccTables } from './mfcc-tables.ts';
import { padChannels } from './packed-matrix.ts';

/** Frames that one vector holds. */
const LANES = 4;
/** Frames computed before results are copied out: bounds the scratch memory, whatever the caller asks for. */
const BATCH_FRAMES = 128;
const VECTOR_BYTES = 16;
const SPECTRUM_BINS = 257;
const LOG_FLOOR = 1e-10; // librosa's amin, as in mfcc.ts

/**
 * Computes features in the kernel's memory. Samples that are not finite count as silence.
 * Not re-entrant; one serves any number of streams in a thread.
 */
export class KernelExtractor implements FeatureExtractor {
  readonly config: FeatureConfig;
  readonly #memory: KernelMemory;
  readonly #allocations: Allocations;
  readonly #tables: number;
  readonly #samples: number;
  readonly #work: number;
  readonly #out: number;

  constructor(memory: KernelMemory, config: FeatureConfig) {
    const { frameSamples, melBands, coefficients } = config;
    this.config = config;
    this.#memory = memory;
    this.#allocations = new Allocations(memory);
    this.#tables = writeMfccTables(this.#allocations, config);
    this.#samples = this.#allocations.allocate((samplesOf(BATCH_FRAMES, config) + LANES) * BYTES_PER_FLOAT);
    this.#work = this.#allocations.allocate((2 * frameSamples + SPECTRUM_BINS + padChannels(melBands)) * VECTOR_BYTES);
    this.#out = this.#allocations.allocate(BATCH_FRAMES * padChannels(coefficients) * BYTES_PER_FLOAT);
  }

  extract(samples: Float32Array, frames: number, out: Float32Array): void {
    const { hopSamples, coefficients } = this.config;
    const neededSamples = frames > 0 ? samplesOf(frames, this.config) : 0;
    if (samples.length < neededSamples) throw new RangeError(`${frames} frames need ${neededSamples} samples, got ${samples.length}`);
    if (out.length < frames * coefficients) throw new RangeError(`${frames} frames need ${frames * coefficients} values of room`);
    for (let frame = 0; frame < frames; frame += BATCH_FRAMES) {
      const batch = Math.min(BATCH_FRAMES, frames - frame);
      this.#load(samples, frame * hopSamples, samplesOf(batch, this.config));
      this.#compute(batch);
      this.#store(batch, out, frame * coefficients);
    }
  }

  /** Frees its memory; it cannot be used afterwards. */
  close(): void {
    this.#allocations.freeAll();
  }

  #load(samples: Float32Array, start: number, count: number): void {
    const isWhole = start === 0 && count === samples.length;
    this.#memory.floats.set(isWhole ? samples : samples.subarray(start, start + count), this.#samples / BYTES_PER_FLOAT);
    this.#memory.exports.sanitiseSamples(this.#samples, Math.ceil(count / LANES) * LANES);
  }

  #compute(frames: number): void {
    const { hopSamples, melBands, spectrum, logarithm, coefficients } = this.config;
    const hopBytes = hopSamples * BYTES_PER_FLOAT;
    const outBytes = padChannels(coefficients) * BYTES_PER_FLOAT;
    for (let frame = 0; frame < frames; frame += LANES) {
      this.#memory.exports.mfcc(
        this.#samples + frame * hopBytes,
        Math.min(LANES, frames - frame),
        hopBytes,
        this.#tables,
        this.#work,
        melBands,
        spectrum === 'magnitude' ? 1 : 0,
        logarithm === 'log1p' ? 1 : 0,
        logarithm === 'log1p' ? 1 : LOG_FLOOR,
        logarithm === 'db' ? 10 / Math.LN10 : 1,
        padChannels(coefficients),
        this.#out + frame * outBytes,
        outBytes,
      );
    }
  }

  #store(frames: number, out: Float32Array, offset: number): void {
    const { coefficients } = this.config;
    const [floats, source, rowFloats] = [this.#memory.floats, this.#out / BYTES_PER_FLOAT, padChannels(coefficients)];
    for (let frame = 0; frame < frames; frame++) {
      for (let i = 0; i < coefficients; i++) out[offset + frame * coefficients + i] = floats[source + frame * rowFloats + i]!;
    }
  }
}

/**
 * A feature extractor of its own, without a model.
 *
 * @throws {KernelError} `kernel_unavailable`
 */
export async function createKernelExtractor(wasm: BufferSource | WebAssembly.Module, config: FeatureConfig): Promise<KernelExtractor> {
  return new KernelExtractor(new KernelMemory(await instantiateKernel(wasm)), config);
}

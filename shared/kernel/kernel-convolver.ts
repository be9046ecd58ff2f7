/** The resampler's arithmetic in the kernel. */

import type { Convolver, OutputGrid } from '#shared/audio/convolver.ts';
import type { ResamplingFilter } from '#shared/audio/resampling-filter.ts';
import { BYTES_PER_FLOAT, type KernelMemory } from './kernel-memory.ts';

/** `polyphase` reads and writes whole blocks, so some inputs and outputs beyond the last. */
const SPARE_INPUTS = 64;
const SPARE_OUTPUTS = 8;
/** Filters kept in the kernel's memory: the usual rates, at up to 600 KB each. */
const MAX_FILTERS = 8;

interface Scratch {
  readonly address: number;
  readonly floats: number;
}

const NO_SCRATCH: Scratch = { address: 0, floats: 0 };

/** Computes the outputs of resampling filters; one serves any number of resamplers in a thread. */
export class KernelConvolver implements Convolver {
  readonly #memory: KernelMemory;
  /** Addresses of the filters' rows; the first is the one unused for longest. */
  readonly #rows = new Map<ResamplingFilter, number>();
  #scratch = NO_SCRATCH;

  constructor(memory: KernelMemory) {
    this.#memory = memory;
  }

  convolve(inputs: Float32Array, outputs: Float32Array, { filter, phase, phases, step, count }: OutputGrid): void {
    const rows = this.#rowsOf(filter);
    const inputFloats = inputs.length + SPARE_INPUTS;
    const address = this.#reserve(inputFloats + count + SPARE_OUTPUTS);
    const out = address + inputFloats * BYTES_PER_FLOAT;
    const { floats, exports } = this.#memory;
    floats.set(inputs, address / BYTES_PER_FLOAT);
    exports.polyphase(address, rows, filter.taps, filter.phases, phase, phases, step, out, count);
    outputs.set(floats.subarray(out / BYTES_PER_FLOAT, out / BYTES_PER_FLOAT + count));
  }

  #rowsOf(filter: ResamplingFilter): number {
    const address = this.#rows.get(filter) ?? this.#memory.allocateFloats(filter.rows);
    this.#rows.delete(filter);
    this.#rows.set(filter, address);
    if (this.#rows.size > MAX_FILTERS) this.#evict();
    return address;
  }

  #evict(): void {
    for (const [filter, address] of this.#rows) {
      this.#rows.delete(filter);
      this.#memory.free(address);
      return;
    }
  }

  #reserve(floats: number): number {
    if (floats > this.#scratch.floats) {
      if (this.#scratch !== NO_SCRATCH) this.#memory.free(this.#scratch.address);
      this.#scratch = NO_SCRATCH; // if there is no memory for more, nothing is held that was freed
      this.#scratch = { address: this.#memory.allocate(floats * BYTES_PER_FLOAT), floats };
    }
    return this.#scratch.address;
  }
}

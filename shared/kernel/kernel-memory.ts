/** Who owns what in the kernel's linear memory: a free list that gives out aligned stretches and takes them back. */

import { KernelError } from './kernel-error.ts';
import type { KernelExports } from './kernel-exports.ts';

const PAGE_BYTES = 65_536;
/** A cache line: rows that start on one are read with fewer of them. */
const ALIGNMENT_BYTES = 64;
/** Some 30,000 sessions and their model; WebAssembly's own limit is 4 GiB. */
export const KERNEL_MEMORY_LIMIT_BYTES = 1024 ** 3;
export const BYTES_PER_FLOAT = 4;

interface Stretch {
  readonly address: number;
  readonly bytes: number;
}

/** Allocates in the memory of one kernel instance. Everything is in use by one thread. */
export class KernelMemory {
  readonly exports: KernelExports;
  #floats: Float32Array;
  #top: number;
  /** Ascending by address; neighbours are merged. */
  readonly #free: Stretch[] = [];
  readonly #used = new Map<number, number>();

  constructor(exports: KernelExports) {
    this.exports = exports;
    this.#floats = new Float32Array(exports.memory.buffer);
    this.#top = alignUp(exports.heapBase());
  }

  /** The memory as floats. Fetch it anew for each use: growing the memory detaches the old view. */
  get floats(): Float32Array {
    if (this.#floats.length === 0) this.#floats = new Float32Array(this.exports.memory.buffer);
    return this.#floats;
  }

  /** Bytes handed out and not yet freed. */
  get usedBytes(): number {
    return [...this.#used.values()].reduce((total, bytes) => total + bytes, 0);
  }

  /** Bytes the instance holds of the machine; never shrinks. */
  get totalBytes(): number {
    return this.exports.memory.buffer.byteLength;
  }

  /**
   * A stretch of zeros.
   *
   * @throws {KernelError} `kernel_out_of_memory`
   */
  allocate(bytes: number): number {
    const wanted = alignUp(Math.max(1, bytes));
    const address = this.#takeFree(wanted) ?? this.#extend(wanted);
    this.#used.set(address, wanted);
    this.exports.clear(address, wanted);
    return address;
  }

  /** A stretch that holds these values. */
  allocateFloats(values: ArrayLike<number>): number {
    const address = this.allocate(values.length * BYTES_PER_FLOAT);
    this.floats.set(values, address / BYTES_PER_FLOAT);
    return address;
  }

  /** Takes back what `allocate` gave. */
  free(address: number): void {
    const bytes = this.#used.get(address);
    if (bytes === undefined) throw new RangeError(`address ${address} is not allocated`);
    this.#used.delete(address);
    const at = this.#free.findIndex((stretch) => stretch.address > address);
    this.#free.splice(at < 0 ? this.#free.length : at, 0, { address, bytes });
    this.#merge();
  }

  #takeFree(wanted: number): number | undefined {
    const at = this.#free.findIndex(({ bytes }) => bytes >= wanted);
    const stretch = this.#free[at];
    if (stretch === undefined) return undefined;
    const rest = { address: stretch.address + wanted, bytes: stretch.bytes - wanted };
    this.#free.splice(at, 1, ...(rest.bytes > 0 ? [rest] : []));
    return stretch.address;
  }

  #extend(wanted: number): number {
    const address = this.#top;
    const missing = address + wanted - this.totalBytes;
    if (address + wanted > KERNEL_MEMORY_LIMIT_BYTES) {
      throw new KernelError('kernel_out_of_memory', `${wanted} bytes more would exceed the kernel's ${KERNEL_MEMORY_LIMIT_BYTES} bytes`);
    }
    if (missing > 0) this.#grow(Math.ceil(missing / PAGE_BYTES));
    this.#top = address + wanted;
    return address;
  }

  #grow(pages: number): void {
    try {
      this.exports.memory.grow(pages);
    } catch (error) {
      throw new KernelError('kernel_out_of_memory', `the machine refused the kernel ${pages * PAGE_BYTES} bytes more`, { cause: error });
    }
  }

  #merge(): void {
    for (let i = this.#free.length - 1; i > 0; i--) {
      const [before, after] = [this.#free[i - 1]!, this.#free[i]!];
      if (before.address + before.bytes !== after.address) continue;
      this.#free.splice(i - 1, 2, { address: before.address, bytes: before.bytes + after.bytes });
    }
  }
}

/** What one owner has allocated, to be freed together. */
export class Allocations {
  readonly memory: KernelMemory;
  readonly #addresses: number[] = [];

  constructor(memory: KernelMemory) {
    this.memory = memory;
  }

  allocate(bytes: number): number {
    return this.#remember(this.memory.allocate(bytes));
  }

  allocateFloats(values: ArrayLike<number>): number {
    return this.#remember(this.memory.allocateFloats(values));
  }

  freeAll(): void {
    for (const address of this.#addresses.splice(0)) this.memory.free(address);
  }

  #remember(address: number): number {
    this.#addresses.push(address);
    return address;
  }
}

function alignUp(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}

/**
 * The numeric kernel, compiled to WebAssembly by AssemblyScript: pure functions over linear memory, no allocation, no state.
 *
 * Conventions: every pointer is a byte address, 16-byte aligned; every `…Bytes` is a distance between rows; counts of channels are
 * multiples of 8, padded with zeros that stay zero. Who owns which memory is decided outside, in `kernel-memory.ts`.
 */

export { matrixProduct } from './matrix-product';
export { gatherPatches } from './patches';
export { normalise, maxPool, lstmCells, attend, attended, softmax } from './layers';
export { polyphase } from './polyphase';
export { sanitiseSamples, mfcc } from './mfcc';

/** Copies `bytes` bytes; the ranges may overlap. */
export function copy(target: usize, source: usize, bytes: i32): void {
  memory.copy(target, source, bytes);
}

/** Sets `bytes` bytes to zero. */
export function clear(target: usize, bytes: i32): void {
  memory.fill(target, 0, bytes);
}

/** The first byte that is free for the owner of the memory. */
export function heapBase(): usize {
  return __heap_base;
}

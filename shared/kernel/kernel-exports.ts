/** The functions of the WebAssembly module as TypeScript sees them; `assembly/` documents each. */

import { KernelError } from './kernel-error.ts';

/** Every argument named as an address, and every `…Bytes`, is a count of bytes in `memory`. */
export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  heapBase(): number;
  copy(target: number, source: number, bytes: number): void;
  clear(target: number, bytes: number): void;
  matrixProduct(
    rows: number,
    rowBytes: number,
    rowCount: number,
    inner: number,
    weights: number,
    panels: number,
    start: number,
    startBytes: number,
    out: number,
    outBytes: number,
    relu: number,
  ): void;
  gatherPatches(
    rows: number,
    rowBytes: number,
    stepBytes: number,
    steps: number,
    bands: number,
    bandBytes: number,
    outBands: number,
    strideBands: number,
    padding: number,
    kernelSteps: number,
    kernelBands: number,
    out: number,
    patchBytes: number,
  ): void;
  normalise(frames: number, rows: number, count: number, mean: number, scale: number, out: number, outBytes: number): void;
  maxPool(rows: number, rowBytes: number, size: number, out: number, outRows: number): void;
  lstmCells(gates: number, units: number, rows: number, cells: number, hidden: number, stateBytes: number): void;
  attend(
    steps: number,
    stepBytes: number,
    channels: number,
    rows: number,
    query: number,
    sums: number,
    sumBytes: number,
    fresh: number,
  ): void;
  attended(sums: number, channels: number, out: number): void;
  softmax(values: number, count: number): void;
  polyphase(
    inputs: number,
    rows: number,
    taps: number,
    rowsPerSample: number,
    phase: number,
    phases: number,
    step: number,
    out: number,
    count: number,
  ): void;
  sanitiseSamples(samples: number, count: number): void;
  mfcc(
    samples: number,
    frames: number,
    hopBytes: number,
    tables: number,
    work: number,
    melBands: number,
    isMagnitude: number,
    logBias: number,
    logFloor: number,
    logScale: number,
    coefficients: number,
    out: number,
    outBytes: number,
  ): void;
}

/**
 * Instantiates the module, in Node or in a browser.
 *
 * @throws {KernelError} `kernel_unavailable` if this engine has no WebAssembly SIMD, or the bytes are not the kernel
 */
export async function instantiateKernel(wasm: BufferSource | WebAssembly.Module): Promise<KernelExports> {
  try {
    const module = wasm instanceof WebAssembly.Module ? wasm : await WebAssembly.compile(wasm);
    const { exports } = await WebAssembly.instantiate(module, {});
    if (typeof exports['matrixProduct'] !== 'function') throw new TypeError('the module exports no matrixProduct');
    return exports as unknown as KernelExports;
  } catch (error) {
    throw new KernelError('kernel_unavailable', 'the inference kernel needs WebAssembly with SIMD and an intact kernel.wasm', {
      cause: error,
    });
  }
}

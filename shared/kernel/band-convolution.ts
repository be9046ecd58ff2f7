/** A convolution over time and bands as a matrix product over gathered patches. */

import type { Artefact } from '#shared/model/artefact.ts';
import { bandGeometry, type BandGeometry, type Layer } from '#shared/model/topology.ts';
import { BYTES_PER_FLOAT, type Allocations } from './kernel-memory.ts';
import type { KernelExports } from './kernel-exports.ts';
import { packMatrix, packVector, PANEL_COLUMNS, type PackedMatrix } from './packed-matrix.ts';
import { rowBytesOf, type KernelLayer } from './row-layout.ts';
import { tensorOf } from './tensor-of.ts';

/** Patches gathered at a time: they stay in the second-level cache, however long a window is. */
const PATCH_MEMORY_BYTES = 64 * 1024;
/** `gatherPatches` writes whole vectors. */
const OVERRUN_BYTES = 16;

type BandLayer = Extract<Layer, { type: 'conv2d' }>;

/** One `conv2d` layer; its output rows are `[outBands][filters]`, the filters padded. */
export class BandConvolution {
  readonly #exports: KernelExports;
  readonly #layer: BandLayer;
  readonly #geometry: BandGeometry;
  readonly #bands: number;
  readonly #bandBytes: number;
  readonly #rowBytes: number;
  readonly #kernel: PackedMatrix;
  readonly #bias: number;
  readonly #patchBytes: number;
  readonly #batchSteps: number;
  readonly #patches: number;

  constructor(allocations: Allocations, artefact: Artefact, shape: KernelLayer & { readonly layer: BandLayer }) {
    const { layer, bands, groups } = shape;
    this.#exports = allocations.memory.exports;
    this.#layer = layer;
    this.#bands = bands;
    this.#geometry = bandGeometry(bands, layer);
    this.#rowBytes = rowBytesOf(shape);
    // coefficients lie side by side, the bands of a layer below are padded each
    const isPadded = groups === bands;
    this.#bandBytes = isPadded ? this.#rowBytes / bands : BYTES_PER_FLOAT;
    const rows = isPadded ? { rowGroups: layer.kernelSteps * layer.kernelBands } : { rowMultiple: 2 as const };
    this.#kernel = packMatrix(allocations, tensorOf(artefact, layer, 'kernel'), { columns: layer.filters, ...rows });
    this.#bias = packVector(allocations, tensorOf(artefact, layer, 'bias'));
    this.#patchBytes = this.#kernel.inner * BYTES_PER_FLOAT;
    const stepBytes = this.#geometry.outBands * this.#patchBytes;
    this.#batchSteps = Math.max(1, Math.floor(PATCH_MEMORY_BYTES / stepBytes));
    this.#patches = allocations.allocate(this.#batchSteps * stepBytes + OVERRUN_BYTES);
  }

  /** Computes `outSteps` rows from input rows `[…][bands · inner]`. */
  run(rows: number, out: number, outSteps: number): void {
    const { outBands } = this.#geometry;
    const { address, inner, panels } = this.#kernel;
    const outBytes = panels * PANEL_COLUMNS * BYTES_PER_FLOAT;
    for (let step = 0; step < outSteps; step += this.#batchSteps) {
      const steps = Math.min(this.#batchSteps, outSteps - step);
      this.#gather(rows + step * this.#layer.strideSteps * this.#rowBytes, steps);
      const target = out + step * outBands * outBytes;
      this.#exports.matrixProduct(
        this.#patches,
        this.#patchBytes,
        steps * outBands,
        inner,
        address,
        panels,
        this.#bias,
        0,
        target,
        outBytes,
        1,
      );
    }
  }

  #gather(rows: number, steps: number): void {
    const { kernelSteps, kernelBands, strideSteps, strideBands } = this.#layer;
    const { outBands, padding } = this.#geometry;
    this.#exports.gatherPatches(
      rows,
      this.#rowBytes,
      strideSteps * this.#rowBytes,
      steps,
      this.#bands,
      this.#bandBytes,
      outBands,
      strideBands,
      padding,
      kernelSteps,
      kernelBands,
      this.#patches,
      this.#patchBytes,
    );
  }
}

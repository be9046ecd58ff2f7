/** Patches of a convolution over time and bands, laid out as the rows of a matrix product. */

/**
 * Gathers patches `[steps][outBands][kernelSteps][kernelBands][bandBytes]`, with zeros for bands outside and up to `patchBytes`.
 * Writes whole vectors: up to 12 bytes beyond the last patch.
 *
 * @param rows - the patches of the first step begin here, those of the next `stepBytes` further
 * @param padding - bands of zeros below the lowest; each patch holds at least one band that is not outside
 */
export function gatherPatches(
  rows: usize, rowBytes: i32, stepBytes: i32, steps: i32,
  bands: i32, bandBytes: i32, outBands: i32, strideBands: i32, padding: i32,
  kernelSteps: i32, kernelBands: i32, out: usize, patchBytes: i32,
): void {
  for (let step = 0; step < steps; step++) {
    for (let band = 0; band < outBands; band++) {
      const first = band * strideBands - padding;
      const below = max(0, -first);
      const above = max(0, first + kernelBands - bands);
      const insideBytes = (kernelBands - below - above) * bandBytes;
      let source = rows + (first + below) * bandBytes;
      let target = out;
      for (let k = 0; k < kernelSteps; k++) {
        target = zeros(target, below * bandBytes);
        copyVectors(target, source, insideBytes);
        target = zeros(target + insideBytes, above * bandBytes);
        source += rowBytes;
      }
      out += patchBytes;
      zeros(target, <i32>(out - target));
    }
    rows += stepBytes;
  }
}

@inline
function copyVectors(target: usize, source: usize, bytes: i32): void {
  for (let offset = 0; offset < bytes; offset += 16) v128.store(target + offset, v128.load(source + offset));
}

@inline
function zeros(target: usize, bytes: i32): usize {
  for (let offset = 0; offset < bytes; offset += 16) v128.store(target + offset, f32x4.splat(0));
  return target + bytes;
}

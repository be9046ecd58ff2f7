/** The constant tables of the kernel's MFCC, from the same matrices as every other extractor's. */

import type { FeatureConfig } from '#shared/features/feature-config.ts';
import { dctMatrix, melFilterbank, scaledWindow } from '#shared/features/matrices.ts';
import type { Allocations } from './kernel-memory.ts';
import { PANEL_COLUMNS, padChannels } from './packed-matrix.ts';

const NO_TABLE = 0;
const FFT_POINTS = 256; // 512 real samples as 256 complex ones

/** Writes all tables; returns the address of the list of their addresses, in the order in which `mfcc` expects them. */
export function writeMfccTables(allocations: Allocations, config: FeatureConfig): number {
  const tables = [scaledWindow(config), fftTwiddles(), splitTwiddles(), melTable(config)];
  const addresses = Int32Array.of(
    ...tables.map((table) => allocations.allocateFloats(table)),
    config.dct === 'none' ? NO_TABLE : allocations.allocateFloats(packedDct(config)),
  );
  return allocations.allocateFloats(new Float32Array(addresses.buffer));
}

/** For each pass with twiddles, n = 256, 64, 16, and p < n / 4: cos and sin of −2πp/n, −4πp/n, −6πp/n. */
function fftTwiddles(): Float32Array {
  const twiddles: number[] = [];
  for (let n = FFT_POINTS; n > 4; n /= 4) {
    for (let p = 0; p < n / 4; p++) {
      for (const power of [1, 2, 3]) {
        const angle = (-2 * Math.PI * p * power) / n;
        twiddles.push(Math.cos(angle), Math.sin(angle));
      }
    }
  }
  return Float32Array.from(twiddles);
}

/** For k = 1 … 128: −½i·e^(−2πik/512) = −½ sin(2πk/512) − ½i cos(2πk/512). */
function splitTwiddles(): Float32Array {
  return Float32Array.from({ length: FFT_POINTS }, (_, i) => {
    const angle = (Math.PI * (Math.floor(i / 2) + 1)) / FFT_POINTS;
    return -0.5 * (i % 2 === 0 ? Math.sin(angle) : Math.cos(angle));
  });
}

/** For each band its first bin and its count of bins, as 32-bit integers, then its weights. */
function melTable(config: FeatureConfig): Float32Array {
  const bands = melFilterbank(config);
  const table = new DataView(new ArrayBuffer(bands.reduce((bytes, { weights }) => bytes + 8 + 4 * weights.length, 0)));
  let offset = 0;
  for (const { firstBin, weights } of bands) {
    table.setInt32(offset, firstBin, true);
    table.setInt32(offset + 4, weights.length, true);
    offset += 8;
    for (const weight of weights) {
      table.setFloat32(offset, weight, true);
      offset += 4;
    }
  }
  return new Float32Array(table.buffer);
}

/** The DCT by groups of eight rows, `[rows / 8][melBands][8]`, missing rows zero. */
function packedDct(config: FeatureConfig): Float32Array {
  const { coefficients, melBands } = config;
  const matrix = dctMatrix(config);
  const packed = new Float32Array(padChannels(coefficients) * melBands);
  for (let row = 0; row < coefficients; row++) {
    const group = Math.floor(row / PANEL_COLUMNS);
    for (let band = 0; band < melBands; band++) {
      packed[(group * melBands + band) * PANEL_COLUMNS + (row % PANEL_COLUMNS)] = matrix[row * melBands + band]!;
    }
  }
  return packed;
}

/** Audio and ways to cut it, for property tests. */

import fc from 'fast-check';
import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Seeded noise whose loudness comes and goes, so that windows differ. */
export function babble(samples: number, seed = 1): Float32Array {
  const generator = xoroshiro128plus(seed);
  return Float32Array.from({ length: samples }, (_, i) => {
    const loudness = 0.4 * Math.abs(Math.sin((i * (1 + (seed % 7))) / 5000));
    return loudness * (2 * uniformFloat32(generator) - 1) + loudness * Math.sin(i * (0.02 + 0.2 * Math.abs(Math.sin(i / 9000))));
  });
}

/** Lengths of chunks, used over and over until the audio is used up. */
export function chunkLengths(max: number): fc.Arbitrary<number[]> {
  return fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max })), { minLength: 1, maxLength: 12 });
}

/** Cuts bytes into chunks of whole units. */
export function cutBytes(bytes: Uint8Array, lengths: readonly number[], unitBytes: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const length = (lengths[chunks.length % lengths.length] ?? 1) * unitBytes;
    chunks.push(bytes.subarray(start, start + length));
    start += length;
  }
  return chunks;
}

/** The builds of the kernel, and which of them this engine runs best. */

/**
 * - `relaxed`: with fused multiply-add (WebAssembly's relaxed SIMD: Node 22 and current browsers; Node 20 with `--experimental-wasm-relaxed-simd`)
 * - `simd`: runs wherever WebAssembly has SIMD
 */
export type KernelVariant = 'simd' | 'relaxed';

/** The file of each build, in the folder `kernel` of a build. */
export const KERNEL_FILES: Readonly<Record<KernelVariant, string>> = { simd: 'kernel.wasm', relaxed: 'kernel-relaxed.wasm' };

/** A module of one function, `(v128, v128, v128) → v128`, that is one `f32x4.relaxed_madd`. */
const RELAXED_PROBE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x08, 0x01, 0x60, 0x03, 0x7b, 0x7b, 0x7b, 0x01, 0x7b], // one type
  ...[0x03, 0x02, 0x01, 0x00], // one function of it
  ...[0x0a, 0x0d, 0x01, 0x0b, 0x00, 0x20, 0x00, 0x20, 0x01, 0x20, 0x02, 0xfd, 0x85, 0x02, 0x0b],
);

/** The best variant that this engine compiles. */
export function bestKernelVariant(): KernelVariant {
  return WebAssembly.validate(RELAXED_PROBE) ? 'relaxed' : 'simd';
}

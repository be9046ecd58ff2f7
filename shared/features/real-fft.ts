/** A real-input FFT: N real samples as N/2 complex ones, radix 2, then split. Plain TypeScript, for the reference extractor. */

/** Computes the spectrum of real frames of one fixed power-of-two size. Reuses its own buffers: one instance per thread. */
export class RealFft {
  readonly #half: number;
  readonly #bitReversed: Uint16Array;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #splitCos: Float64Array;
  readonly #splitSin: Float64Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;

  /** @throws {RangeError} if `size` is not a power of two of at least 4 */
  constructor(size: number) {
    if (size < 4 || (size & (size - 1)) !== 0) throw new RangeError(`FFT size must be a power of two, got ${size}`);
    const half = size / 2;
    const bits = Math.log2(half);
    this.#half = half;
    this.#bitReversed = Uint16Array.from({ length: half }, (_, i) => reverseBits(i, bits));
    this.#cos = Float64Array.from({ length: half / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / half));
    this.#sin = Float64Array.from({ length: half / 2 }, (_, i) => -Math.sin((2 * Math.PI * i) / half));
    this.#splitCos = Float64Array.from({ length: half + 1 }, (_, i) => Math.cos((2 * Math.PI * i) / size));
    this.#splitSin = Float64Array.from({ length: half + 1 }, (_, i) => -Math.sin((2 * Math.PI * i) / size));
    this.#re = new Float64Array(half);
    this.#im = new Float64Array(half);
  }

  /** Writes |X|² of `frame[size]` into `power[size / 2 + 1]`. */
  powerSpectrum(frame: Float32Array, power: Float32Array): void {
    this.#load(frame);
    this.#transform();
    this.#split(power);
  }

  #load(frame: Float32Array): void {
    const order = this.#bitReversed;
    for (let i = 0; i < this.#half; i++) {
      const source = 2 * order[i]!;
      this.#re[i] = frame[source]!;
      this.#im[i] = frame[source + 1]!;
    }
  }

  #transform(): void {
    const [re, im, cos, sin, size] = [this.#re, this.#im, this.#cos, this.#sin, this.#half];
    for (let span = 1; span < size; span *= 2) {
      const step = size / (2 * span);
      for (let start = 0; start < size; start += 2 * span) {
        for (let k = 0; k < span; k++) {
          const [a, b] = [start + k, start + k + span];
          const [wr, wi] = [cos[k * step]!, sin[k * step]!];
          const tr = re[b]! * wr - im[b]! * wi;
          const ti = re[b]! * wi + im[b]! * wr;
          re[b] = re[a]! - tr;
          im[b] = im[a]! - ti;
          re[a] = re[a]! + tr;
          im[a] = im[a]! + ti;
        }
      }
    }
  }

  /** X[k] = E[k] + e^{-2πik/N}·O[k], with E and O unpacked from the half-size spectrum's symmetric parts. */
  #split(power: Float32Array): void {
    const [re, im, half] = [this.#re, this.#im, this.#half];
    for (let k = 0; k <= half; k++) {
      const a = k % half;
      const b = (half - k) % half;
      const evenRe = 0.5 * (re[a]! + re[b]!);
      const evenIm = 0.5 * (im[a]! - im[b]!);
      const oddRe = 0.5 * (im[a]! + im[b]!);
      const oddIm = -0.5 * (re[a]! - re[b]!);
      const xr = evenRe + this.#splitCos[k]! * oddRe - this.#splitSin[k]! * oddIm;
      const xi = evenIm + this.#splitCos[k]! * oddIm + this.#splitSin[k]! * oddRe;
      power[k] = xr * xr + xi * xi;
    }
  }
}

function reverseBits(value: number, bits: number): number {
  let reversed = 0;
  for (let bit = 0; bit < bits; bit++) reversed |= ((value >> bit) & 1) << (bits - 1 - bit);
  return reversed;
}

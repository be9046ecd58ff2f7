/** A plain band-limited resampler, written apart from the product's, to make fixtures at other rates. */

const HALF_WIDTH = 32; // zero crossings on each side: far more than speech needs

/** Hann-windowed sinc interpolation, each output by the textbook sum. */
export function sincResample(samples: Float32Array, fromHz: number, toHz: number): Float32Array {
  const cutoff = Math.min(1, toHz / fromHz);
  const reach = HALF_WIDTH / cutoff;
  return Float32Array.from({ length: Math.round((samples.length * toHz) / fromHz) }, (_, k) => {
    const position = (k * fromHz) / toHz;
    let sum = 0;
    for (let n = Math.max(0, Math.ceil(position - reach)); n <= Math.min(samples.length - 1, position + reach); n++) {
      const distance = n - position;
      sum += samples[n]! * cutoff * sinc(cutoff * distance) * (0.5 + 0.5 * Math.cos((Math.PI * distance) / reach));
    }
    return sum;
  });
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

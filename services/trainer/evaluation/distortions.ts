/** What happens to sound between a mouth and a model: level, clipping, a telephone, a clock that is off, a room. Streams in, streams out, as long as they were. */

import FFT from 'fft.js';

import { Resampler } from '#shared/audio/resampler.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';

/** Changes a stream of samples in [-1, 1]; what it gives may exceed that, and is clipped afterwards. */
export type Distortion = (stream: Float32Array) => Float32Array;

const TELEPHONE_RATE_HZ = 8000;
const [TELEPHONE_LOW_HZ, TELEPHONE_HIGH_HZ] = [300, 3400];
/** Of the filter, odd, so that its delay is a whole number of samples: 40 dB down within some 150 Hz of the band's edges. */
const TELEPHONE_TAPS = 401;
const [MU, LARGEST_CODE] = [255, 127];
const CONVOLUTION_BLOCK = 2 ** 16;
/** The direct sound of an impulse response is the first sample this close to the loudest; what lies before is the recording's delay. */
const DIRECT_SHARE = 0.5;

/** Louder or quieter; what is too loud is clipped as by a converter. */
export function gain(db: number): Distortion {
  return (stream) => stream.map((sample) => Math.max(-1, Math.min(1, sample * 10 ** (db / 20))));
}

/** An amplifier that saturates at a level in dB below full scale. */
export function clipping(levelDb: number): Distortion {
  const limit = 10 ** (levelDb / 20);
  return (stream) => stream.map((sample) => Math.max(-limit, Math.min(limit, sample)));
}

/** A clock that runs so many millionths too fast: cubic interpolation (Catmull and Rom, 1974). */
export function clockError(partsPerMillion: number): Distortion {
  const step = 1 + partsPerMillion / 1e6;
  return (stream) => {
    const at = (n: number): number => stream[Math.max(0, Math.min(stream.length - 1, n))] ?? 0;
    return stream.map((_, n) => {
      const place = n * step;
      const i = Math.floor(place);
      const [a, b, c, d, x] = [at(i - 1), at(i), at(i + 1), at(i + 2), place - i];
      return b + 0.5 * x * (c - a + x * (2 * a - 5 * b + 4 * c - d + x * (3 * (b - c) + d - a)));
    });
  };
}

/** A narrow-band call: 300 to 3400 Hz, 8 kHz, 8 bits of µ-law (ITU-T G.711's curve), and the resampler of the service. */
export function telephone(): Distortion {
  const taps = bandPass();
  return (stream) => {
    const narrow = convolved(stream, taps).subarray((TELEPHONE_TAPS - 1) / 2);
    const half = Float32Array.from({ length: Math.floor(stream.length / 2) }, (_, n) => muLaw(narrow[2 * n] ?? 0));
    const resampler = new Resampler(TELEPHONE_RATE_HZ);
    const head = Float32Array.from(resampler.push(half));
    return withLength([head, resampler.flush()], stream.length);
  };
}

/** A room: so much of the sound comes from its impulse response, with the direct sound where it was and the level as it was. */
export function room(response: Float32Array, wet: number): Distortion {
  const loudest = response.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  const direct = response.findIndex((sample) => Math.abs(sample) >= DIRECT_SHARE * loudest);
  return (stream) => {
    const echo = convolved(stream, response.subarray(direct));
    const [before, after] = [rms(stream), rms(echo)];
    const scale = after === 0 ? 0 : before / after;
    const mixed = stream.map((sample, n) => (1 - wet) * sample + wet * scale * echo[n]!);
    const level = rms(mixed);
    return level === 0 ? mixed : mixed.map((sample) => (sample * before) / level);
  };
}

/** Convolution by FFT, block by block (overlap and add); as long as both together. */
export function convolved(stream: Float32Array, response: Float32Array): Float32Array {
  const size = 2 ** Math.ceil(Math.log2(CONVOLUTION_BLOCK + response.length));
  const fft = new FFT(size);
  const step = size - response.length + 1;
  const transfer = spectrumOf(fft, response);
  const out = new Float32Array(stream.length + response.length - 1);
  for (let first = 0; first < stream.length; first += step) {
    const product = spectrumOf(fft, stream.subarray(first, first + step));
    for (let bin = 0; bin < product.length; bin += 2) {
      const [re, im] = [product[bin]!, product[bin + 1]!];
      product[bin] = re * transfer[bin]! - im * transfer[bin + 1]!;
      product[bin + 1] = re * transfer[bin + 1]! + im * transfer[bin]!;
    }
    const time = new Float64Array(2 * size);
    fft.inverseTransform(time, product);
    const last = Math.min(size, out.length - first);
    for (let n = 0; n < last; n++) out[first + n] = out[first + n]! + time[2 * n]!;
  }
  return out;
}

function spectrumOf(fft: FFT, samples: Float32Array): Float64Array {
  const padded = new Float64Array(fft.size);
  padded.set(samples);
  const spectrum = new Float64Array(2 * fft.size);
  fft.realTransform(spectrum, padded); // the library only reads and writes elements
  fft.completeSpectrum(spectrum);
  return spectrum;
}

/** A windowed sinc (Hamming). */
function bandPass(): Float32Array {
  const middle = (TELEPHONE_TAPS - 1) / 2;
  const lowPass = (hz: number, n: number): number => {
    const x = (2 * hz) / SAMPLE_RATE_HZ;
    return n === 0 ? x : Math.sin(Math.PI * x * n) / (Math.PI * n);
  };
  return Float32Array.from({ length: TELEPHONE_TAPS }, (_, i) => {
    const hamming = 0.54 - 0.46 * Math.cos((2 * Math.PI * i) / (TELEPHONE_TAPS - 1));
    return hamming * (lowPass(TELEPHONE_HIGH_HZ, i - middle) - lowPass(TELEPHONE_LOW_HZ, i - middle));
  });
}

function muLaw(sample: number): number {
  const limited = Math.max(-1, Math.min(1, sample));
  const code = Math.round((LARGEST_CODE * Math.log1p(MU * Math.abs(limited))) / Math.log1p(MU));
  return (Math.sign(limited) * Math.expm1((code / LARGEST_CODE) * Math.log1p(MU))) / MU;
}

function withLength(parts: readonly Float32Array[], length: number): Float32Array {
  const out = new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part.subarray(0, Math.max(0, length - at)), at);
    at = Math.min(length, at + part.length);
  }
  return out;
}

function rms(stream: Float32Array): number {
  let sum = 0;
  for (const sample of stream) sum += sample * sample;
  return Math.sqrt(sum / Math.max(1, stream.length));
}

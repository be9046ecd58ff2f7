/** Raw PCM, as it travels in binary frames, to mono samples and back. */

import { AudioError } from './audio-error.ts';

/** Little-endian, interleaved: signed 16-bit integers or 32-bit floats. */
export type PcmEncoding = 'pcm_s16le' | 'pcm_f32le';

/** How the bytes of a stream are to be read. */
export interface PcmFormat {
  readonly encoding: PcmEncoding;
  /** More than one is mixed down to the mean. */
  readonly channels: 1 | 2;
}

const BYTES_PER_SAMPLE = { pcm_s16le: 2, pcm_f32le: 4 } as const;
const S16_SCALE = 32_768;
const S16_MAX = 32_767;
/** 20 ms at 48 kHz, a usual length of chunks. */
const INITIAL_CAPACITY_SAMPLES = 960;
/** What was decoded last. All streams of a thread share it, for each is done with a chunk before the next comes; it grows to the longest chunk seen. */
let decoded = new Float32Array(INITIAL_CAPACITY_SAMPLES);

/** Decodes the chunks of one stream, whose length is for the caller to limit. */
export class PcmDecoder {
  readonly #format: PcmFormat;
  readonly #frameBytes: number;

  constructor(format: PcmFormat) {
    this.#format = format;
    this.#frameBytes = BYTES_PER_SAMPLE[format.encoding] * format.channels;
  }

  /**
   * Decodes whole sample frames; `bytes` may begin anywhere in its buffer.
   *
   * @returns mono samples in [-1, 1], what is not finite as 0; a view that the next call of any decoder overwrites
   * @throws {AudioError} `odd_byte_count`
   */
  decode(bytes: Uint8Array): Float32Array {
    const frames = bytes.byteLength / this.#frameBytes;
    if (!Number.isInteger(frames)) {
      throw new AudioError(
        'odd_byte_count',
        `${bytes.byteLength} bytes are not a whole number of ${this.#frameBytes}-byte sample frames (${this.#format.encoding} × ${this.#format.channels})`,
      );
    }
    if (frames > decoded.length) decoded = new Float32Array(frames);
    if (this.#format.encoding === 'pcm_s16le') this.#decodeS16(s16SamplesOf(bytes), frames);
    else this.#decodeF32(f32SamplesOf(bytes), frames);
    return decoded.subarray(0, frames);
  }

  #decodeS16(samples: Int16Array, frames: number): void {
    const out = decoded;
    if (this.#format.channels === 1) {
      for (let i = 0; i < frames; i++) out[i] = samples[i]! / S16_SCALE;
    } else {
      for (let i = 0; i < frames; i++) out[i] = (samples[2 * i]! + samples[2 * i + 1]!) / (2 * S16_SCALE);
    }
  }

  #decodeF32(samples: Float32Array, frames: number): void {
    const out = decoded;
    if (this.#format.channels === 1) {
      for (let i = 0; i < frames; i++) out[i] = toUnitRange(samples[i]!);
    } else {
      for (let i = 0; i < frames; i++) out[i] = (toUnitRange(samples[2 * i]!) + toUnitRange(samples[2 * i + 1]!)) / 2;
    }
  }
}

/**
 * The 16-bit samples in some bytes: a view where they lie as the machine wants them, else a copy. Several times as fast as a `DataView`;
 * the machine must be little-endian, as WebAssembly's memory is.
 */
export function s16SamplesOf(bytes: Uint8Array): Int16Array {
  const { buffer, byteOffset, length } = bytes.byteOffset % BYTES_PER_SAMPLE.pcm_s16le === 0 ? bytes : new Uint8Array(bytes);
  return new Int16Array(buffer, byteOffset, Math.floor(length / BYTES_PER_SAMPLE.pcm_s16le));
}

/** The same for 32-bit floats. */
export function f32SamplesOf(bytes: Uint8Array): Float32Array {
  const { buffer, byteOffset, length } = bytes.byteOffset % BYTES_PER_SAMPLE.pcm_f32le === 0 ? bytes : new Uint8Array(bytes);
  return new Float32Array(buffer, byteOffset, Math.floor(length / BYTES_PER_SAMPLE.pcm_f32le));
}

/**
 * Encodes samples (interleaved, if there is more than one channel). What is beyond [-1, 1] is clipped, what is not finite is 0;
 * 16-bit samples are rounded to the nearest.
 */
export function encodePcm(samples: Float32Array, encoding: PcmEncoding): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(samples.length * BYTES_PER_SAMPLE[encoding]);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < samples.length; i++) {
    const sample = toUnitRange(samples[i]!);
    if (encoding === 'pcm_f32le') view.setFloat32(4 * i, sample, true);
    else view.setInt16(2 * i, Math.min(S16_MAX, Math.round(sample * S16_SCALE)), true);
  }
  return bytes;
}

/** Clips to [-1, 1]; NaN and the infinities become 0, as a client that sends them has no sound to send. */
export function toUnitRange(sample: number): number {
  if (sample >= -1 && sample <= 1) return sample;
  return Number.isFinite(sample) ? Math.sign(sample) : 0;
}

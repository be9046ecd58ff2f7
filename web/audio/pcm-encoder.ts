/** Turns what an AudioWorklet is handed into chunks of PCM for the service. */

import { encodePcm } from '#shared/audio/pcm.ts';
import { Resampler } from '#shared/audio/resampler.ts';

/** 40 ms at 16 kHz: half a stride, so that a keyword is never late by more. */
export const CHUNK_SAMPLES = 640;
/** What browsers hand over at a time (Web Audio API 1.1, 1.1); another length costs one allocation. */
const RENDER_QUANTUM_SAMPLES = 128;

/** One message of audio. */
export interface AudioChunk {
  /** 16 kHz mono s16le; the receiver owns it. */
  readonly pcm: ArrayBuffer;
  /** Of this chunk's samples, in [0, 1]. */
  readonly rms: number;
}

/** Mixes to mono, resamples to 16 kHz, converts to s16le and hands out whole chunks; allocates once a chunk. */
export class PcmEncoder {
  readonly #resampler: Resampler;
  readonly #emit: (chunk: AudioChunk) => void;
  #mono = new Float32Array(RENDER_QUANTUM_SAMPLES);
  readonly #chunk = new Float32Array(CHUNK_SAMPLES);
  #filledSamples = 0;
  #energy = 0;

  /** @throws {AudioError} `unsupported_sample_rate` */
  constructor(inputHz: number, emit: (chunk: AudioChunk) => void) {
    this.#resampler = new Resampler(inputHz);
    this.#emit = emit;
  }

  /** Takes one render quantum, an array a channel; none while nothing is connected. */
  push(channels: readonly Float32Array[]): void {
    const samples = this.#resampler.push(this.#mix(channels));
    for (let i = 0; i < samples.length; i++) this.#write(samples[i]!);
  }

  #mix(channels: readonly Float32Array[]): Float32Array {
    const first = channels[0];
    if (!first || channels.length === 1) return first ?? this.#mono.subarray(0, 0);
    if (this.#mono.length !== first.length) this.#mono = new Float32Array(first.length);
    for (let i = 0; i < first.length; i++) {
      let sum = 0;
      for (let channel = 0; channel < channels.length; channel++) sum += channels[channel]![i]!;
      this.#mono[i] = sum / channels.length;
    }
    return this.#mono;
  }

  #write(sample: number): void {
    this.#chunk[this.#filledSamples++] = sample;
    this.#energy += sample * sample;
    if (this.#filledSamples === CHUNK_SAMPLES) this.#flush();
  }

  #flush(): void {
    this.#emit({ pcm: encodePcm(this.#chunk, 'pcm_s16le').buffer, rms: Math.min(1, Math.sqrt(this.#energy / CHUNK_SAMPLES)) });
    this.#filledSamples = 0;
    this.#energy = 0;
  }
}

/** Turns what an AudioWorklet is handed into chunks of PCM for the service. */

import { encodePcm } from '#shared/audio/pcm.ts';
import { Resampler } from '#shared/audio/resampler.ts';

import { MonoMixer } from './mono-mixer.ts';

/** 80 ms at 16 kHz, a stride: a window is scored as soon as its last chunk is there, and every message wakes somebody. */
export const CHUNK_SAMPLES = 1280;

/** One message of audio. */
export interface AudioChunk {
  /** 16 kHz mono s16le; the receiver owns it. */
  readonly pcm: ArrayBuffer;
  /** Of this chunk's samples, in [0, 1]. */
  readonly rms: number;
}

/** Mixes to mono, resamples to 16 kHz, converts to s16le and hands out whole chunks; allocates once a chunk. */
export class PcmEncoder {
  readonly #mixer = new MonoMixer();
  readonly #resampler: Resampler;
  readonly #emit: (chunk: AudioChunk) => void;
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
    const samples = this.#resampler.push(this.#mixer.mix(channels));
    for (let i = 0; i < samples.length; i++) this.#write(samples[i]!);
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

/** What an AudioWorklet is handed, as it is, for an engine of this page: it resamples with its kernel, which the worklet has not. */

import { MonoMixer } from './mono-mixer.ts';

/** A stride: every message wakes somebody. */
const CHUNK_SECONDS = 0.08;
/** Sound that may wait for the engine. More is left out, and told. */
const MAX_WAITING_SECONDS = 8;

/** One message of sound. */
export interface RawChunk {
  /** Mono, at the rate of the microphone; the receiver owns it. */
  readonly samples: Float32Array<ArrayBuffer>;
  /** Left out just before, as the engine was too slow. */
  readonly missedSamples: number;
}

/** Mixes to mono and hands out chunks; allocates once a chunk. The engine says what it has heard, see `taken`. */
export class RawChunks {
  readonly #mixer = new MonoMixer();
  readonly #emit: (chunk: RawChunk, rms: number) => void;
  readonly #chunkSamples: number;
  readonly #maxWaitingSamples: number;
  #chunk: Float32Array<ArrayBuffer>;
  #filledSamples = 0;
  #waitingSamples = 0;
  #missedSamples = 0;

  constructor(rateHz: number, emit: (chunk: RawChunk, rms: number) => void) {
    this.#emit = emit;
    this.#chunkSamples = Math.round(rateHz * CHUNK_SECONDS);
    this.#maxWaitingSamples = rateHz * MAX_WAITING_SECONDS;
    this.#chunk = new Float32Array(this.#chunkSamples);
  }

  /** So many samples wait no more. */
  taken(samples: number): void {
    this.#waitingSamples -= samples;
  }

  /** Takes one render quantum, an array a channel; none while nothing is connected. */
  push(channels: readonly Float32Array[]): void {
    const samples = this.#mixer.mix(channels);
    for (let next = 0; next < samples.length;) {
      const part = samples.subarray(next, next + this.#chunkSamples - this.#filledSamples);
      this.#chunk.set(part, this.#filledSamples);
      this.#filledSamples += part.length;
      next += part.length;
      if (this.#filledSamples === this.#chunkSamples) this.#flush();
    }
  }

  #flush(): void {
    this.#filledSamples = 0;
    if (this.#waitingSamples + this.#chunkSamples > this.#maxWaitingSamples) {
      this.#missedSamples += this.#chunkSamples;
      return;
    }
    const samples = this.#chunk;
    this.#chunk = new Float32Array(this.#chunkSamples);
    this.#waitingSamples += samples.length;
    this.#emit({ samples, missedSamples: this.#missedSamples }, rmsOf(samples));
    this.#missedSamples = 0;
  }
}

function rmsOf(samples: Float32Array): number {
  let energy = 0;
  for (let i = 0; i < samples.length; i++) energy += samples[i]! * samples[i]!;
  return Math.min(1, Math.sqrt(energy / samples.length));
}

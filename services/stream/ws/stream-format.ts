/** How the audio of one session is counted: bytes, sample frames, milliseconds. */

import { AudioError } from '#shared/audio/audio-error.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import type { Start } from '#shared/protocol/messages.ts';

const BYTES_PER_SAMPLE = { pcm_s16le: 2, pcm_f32le: 4 } as const;
/** A quarter of a second, about three windows: what is worked on in one go. */
const SLICES_PER_SECOND = 4;

/** The arithmetic of a `start`. */
export class StreamFormat {
  readonly #sampleRateHz: number;
  readonly #frameBytes: number;

  constructor({ sampleRate, encoding, channels }: Pick<Start, 'sampleRate' | 'encoding' | 'channels'>) {
    this.#sampleRateHz = sampleRate;
    this.#frameBytes = BYTES_PER_SAMPLE[encoding] * channels;
  }

  get sliceBytes(): number {
    return Math.ceil(this.#sampleRateHz / SLICES_PER_SECOND) * this.#frameBytes;
  }

  msOf(bytes: number): number {
    return (this.framesOf(bytes) * 1000) / this.#sampleRateHz;
  }

  framesOf(bytes: number): number {
    return bytes / this.#frameBytes;
  }

  /** How many samples of the pipeline's rate these bytes are. */
  pipelineSamplesOf(bytes: number): number {
    return Math.round((this.framesOf(bytes) * SAMPLE_RATE_HZ) / this.#sampleRateHz);
  }

  /** Whole frames of at most this long. */
  bytesOf(ms: number): number {
    return Math.floor((ms * this.#sampleRateHz) / 1000) * this.#frameBytes;
  }

  /** @throws {AudioError} `odd_byte_count` */
  assertWholeFrames(bytes: number): void {
    if (bytes % this.#frameBytes === 0) return;
    throw new AudioError('odd_byte_count', `${bytes} bytes are not a whole number of ${this.#frameBytes}-byte sample frames`);
  }
}

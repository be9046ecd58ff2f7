/** Where a session's samples lie in all the audio that a client was given, through sessions that end and audio that is lost. */

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import { samplesToMs } from '#shared/model/manifest.ts';
import type { KeywordMessage, Start } from '#shared/protocol/messages.ts';

const BYTES_PER_SAMPLE = { pcm_s16le: 2, pcm_f32le: 4 } as const;
/** Gaps that are remembered; of more, the oldest are taken for the one after. */
const MAX_GAPS = 256;

/** From `fromSample` of the session on, this much of the audio came before it and was not in it. */
interface Shift {
  readonly fromSample: number;
  readonly shiftSamples: number;
}

type AudioFormat = Pick<Start, 'sampleRate' | 'encoding' | 'channels'>;

/** How many bytes of this format last so long, in whole samples. */
export function bytesOf({ sampleRate, encoding, channels }: AudioFormat, durationMs: number): number {
  return Math.ceil((sampleRate * durationMs) / 1000) * channels * BYTES_PER_SAMPLE[encoding];
}

/** Counts for one session. Samples are at 16 kHz, as in messages. */
export class StreamClock {
  readonly #frameBytes: number;
  readonly #samplesPerByte: number;
  readonly #shifts: Shift[];
  #sentBytes = 0;
  #missedBytes: number;

  /** @param beforeBytes - of audio that came before the session */
  constructor({ sampleRate, encoding, channels }: AudioFormat, beforeBytes: number) {
    this.#frameBytes = channels * BYTES_PER_SAMPLE[encoding];
    this.#samplesPerByte = SAMPLE_RATE_HZ / (sampleRate * this.#frameBytes);
    this.#missedBytes = beforeBytes;
    this.#shifts = [{ fromSample: 0, shiftSamples: this.#samplesOf(beforeBytes) }];
  }

  /** All audio up to now, in the session or not. */
  get passedBytes(): number {
    return this.#missedBytes + this.#sentBytes;
  }

  get passedSamples(): number {
    return this.#samplesOf(this.passedBytes);
  }

  /** What the session was given. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** How many bytes so many samples are, in whole samples of the format. */
  bytesOf(samples: number): number {
    return Math.round(samples / (this.#samplesPerByte * this.#frameBytes)) * this.#frameBytes;
  }

  sent(bytes: number): void {
    this.#sentBytes += bytes;
  }

  /** Audio that comes next is not in the session. */
  missed(bytes: number): void {
    if (bytes === 0) return;
    this.#missedBytes += bytes;
    this.#shifts.push({ fromSample: this.#samplesOf(this.#sentBytes), shiftSamples: this.#samplesOf(this.#missedBytes) });
    if (this.#shifts.length > MAX_GAPS) this.#shifts.shift();
  }

  /** Says the same of all the audio that the message says of its session. */
  inAll(message: KeywordMessage): KeywordMessage {
    const endSample = this.endInAll(message.endSample);
    const startSample = message.startSample + endSample - message.endSample;
    return { ...message, startSample, endSample, startMs: samplesToMs(startSample), endMs: samplesToMs(endSample) };
  }

  /** Where the end of something that a session heard lies in all the audio. */
  endInAll(endSample: number): number {
    const shift = this.#shifts.findLast(({ fromSample }) => fromSample < endSample) ?? this.#shifts[0];
    return endSample + (shift?.shiftSamples ?? 0);
  }

  /** Where a sample of all the audio lies in the session; of lost audio, where it would be; `undefined` of audio from before the session. */
  inSession(sample: number): number | undefined {
    const i = this.#shifts.findLastIndex(({ fromSample, shiftSamples }) => fromSample + shiftSamples <= sample);
    const shift = this.#shifts[i];
    return shift && Math.min(sample - shift.shiftSamples, this.#shifts[i + 1]?.fromSample ?? Infinity);
  }

  #samplesOf(bytes: number): number {
    return Math.round(bytes * this.#samplesPerByte);
  }
}

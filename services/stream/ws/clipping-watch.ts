/** Notices audio that was recorded too loud: samples at full scale, again and again. */

import { f32SamplesOf, s16SamplesOf } from '#shared/audio/pcm.ts';
import type { Start } from '#shared/protocol/messages.ts';

/** Every third sample is enough for a share, and with two channels looks at both in turn. */
const STEP = 3;
/** Of a second's samples; a shout reaches full scale for a moment, an overdriven microphone keeps reaching it. */
const CLIPPED_SHARE = 0.02;
/** After a warning, so many seconds of audio without another. */
const QUIET_SECONDS = 30;
const S16_MAX = 32_767;
const S16_MIN = -32_768;

/** Looks at the audio of one session, a second at a time. */
export class ClippingWatch {
  readonly #isS16: boolean;
  /** Samples looked at in a second. */
  readonly #perSecond: number;
  #looked = 0;
  #clipped = 0;
  #quietSeconds = 0;

  constructor({ sampleRate, encoding, channels }: Pick<Start, 'sampleRate' | 'encoding' | 'channels'>) {
    this.#isS16 = encoding === 'pcm_s16le';
    this.#perSecond = Math.ceil((sampleRate * channels) / STEP);
  }

  /** Takes in what was sent. @returns whether the client is to be told now */
  hears(chunk: Uint8Array): boolean {
    const samples = this.#isS16 ? s16SamplesOf(chunk) : f32SamplesOf(chunk);
    const [low, high] = this.#isS16 ? [S16_MIN, S16_MAX] : [-1, 1];
    let clipped = 0;
    for (let i = 0; i < samples.length; i += STEP) {
      const sample = samples[i] ?? 0;
      if (sample >= high || sample <= low) clipped++;
    }
    this.#clipped += clipped;
    this.#looked += Math.ceil(samples.length / STEP);
    return this.#looked >= this.#perSecond && this.#endSecond();
  }

  #endSecond(): boolean {
    const isClipping = this.#clipped >= CLIPPED_SHARE * this.#looked;
    this.#quietSeconds -= this.#looked / this.#perSecond;
    this.#looked = 0;
    this.#clipped = 0;
    if (!isClipping || this.#quietSeconds > 0) return false;
    this.#quietSeconds = QUIET_SECONDS;
    return true;
  }
}

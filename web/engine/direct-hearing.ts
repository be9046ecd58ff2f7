/** The worker's end of the way past the page: sound from the microphone's worklet into a session, and on to the live view. */

import type { Convolver } from '#shared/audio/convolver.ts';
import { encodePcm } from '#shared/audio/pcm.ts';
import { Resampler } from '#shared/audio/resampler.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import type { RawChunk } from '../audio/raw-chunks.ts';
import type { ToLiveView } from '../live/live-messages.ts';

/** Said to have been heard at once: half a second. A message for every chunk would wake the microphone's thread each time. */
const TAKEN_STEP_SECONDS = 0.5;

export interface DirectHearingOptions {
  readonly sampleRateHz: number;
  /** The kernel's, where it brings one: it is faster than what a worklet has. */
  readonly convolver: Convolver | undefined;
  /** Takes samples at 16 kHz. */
  readonly session: { pushSamples(samples: Float32Array): void; skip(samples: number): void };
  /** Told how many samples wait no more. */
  readonly onTaken: (samples: number) => void;
  /** Told all that is heard, where somebody looks on. */
  readonly onView?: ((message: Extract<ToLiveView, { type: 'audio' }>) => void) | undefined;
}

/** Hears one microphone. */
export class DirectHearing {
  readonly #options: DirectHearingOptions;
  readonly #resampler: Resampler;
  #takenSamples = 0;

  /** @throws {AudioError} `unsupported_sample_rate` */
  constructor(options: DirectHearingOptions) {
    this.#options = options;
    this.#resampler = new Resampler(options.sampleRateHz, options.convolver);
  }

  push({ samples, missedSamples }: RawChunk): void {
    if (missedSamples > 0) this.#skip(missedSamples);
    this.#hear(this.#resampler.push(samples));
    this.#takenSamples += samples.length;
    if (this.#takenSamples < this.#options.sampleRateHz * TAKEN_STEP_SECONDS) return;
    this.#options.onTaken(this.#takenSamples);
    this.#takenSamples = 0;
  }

  #hear(samples: Float32Array): void {
    this.#options.session.pushSamples(samples);
    this.#options.onView?.({ type: 'audio', pcm: encodePcm(samples, 'pcm_s16le'), isSent: true });
  }

  /** The time axis goes on; where sound is missing, the view shows none. */
  #skip(missedSamples: number): void {
    const missed = Math.round((missedSamples * SAMPLE_RATE_HZ) / this.#options.sampleRateHz);
    this.#options.session.skip(missed);
    this.#options.onView?.({ type: 'audio', pcm: new Uint8Array(2 * missed), isSent: true });
  }
}

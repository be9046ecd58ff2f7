/** A session of the on-device engine: the messages of the wire protocol, from the very pipeline that the service runs. */

import { CodedError } from '#shared/coded-error.ts';
import type { Classifier } from '#shared/model/classifier.ts';
import type { Manifest } from '#shared/model/manifest.ts';
import { Spotter, type HeardWindow } from '#shared/pipeline/spotter.ts';
import { PROTOCOL_VERSION, type ServerMessage } from '#shared/protocol/messages.ts';
import type { Knobs, StartOptions } from '#shared/client/session.ts';

/** What a page calls a session that no server has named. */
const SESSION = 'this-device';

export interface LocalSessionOptions {
  readonly classifier: Classifier;
  readonly start: StartOptions;
  /** Told everything the service would send. */
  readonly emit: (message: ServerMessage) => void;
}

/** Hears one stream. Whatever is wrong with it ends it with an `error` message. */
export class LocalSession {
  readonly #emit: (message: ServerMessage) => void;
  #spotter: Spotter | undefined;
  #sendsPosteriors = false;

  constructor({ classifier, start, emit }: LocalSessionOptions) {
    this.#emit = emit;
    this.#guard(() => this.#start(classifier, start));
  }

  /** Takes PCM of the format given at the start. */
  push(pcm: Uint8Array): void {
    this.#guard(() => this.#spotter?.push(pcm));
  }

  /** Takes samples at 16 kHz, mono in [-1, 1]; not in turns with `push`. */
  pushSamples(samples: Float32Array): void {
    this.#guard(() => this.#spotter?.pushSamples(samples));
  }

  /** Goes on after sound at 16 kHz that was lost, and says so. */
  skip(samples: number): void {
    this.#guard(() => this.#spotter?.skip(samples));
    this.#emit({ type: 'warning', code: 'audio_dropped', message: 'This device is too slow: some sound was left out.', samples });
  }

  configure({ posteriors, ...knobs }: Knobs): void {
    this.#guard(() => this.#spotter?.configure(knobs));
    this.#sendsPosteriors = posteriors ?? this.#sendsPosteriors;
  }

  /** Says what is due, then `end`. */
  stop(): void {
    this.#guard(() => {
      const summary = this.#spotter?.finish();
      this.#spotter = undefined;
      if (summary) this.#emit({ type: 'end', ...summary });
    });
  }

  #start(classifier: Classifier, start: StartOptions): void {
    const { sampleRate, encoding, channels, posteriors = false, keywords, threshold, patience, refractoryMs } = start;
    this.#spotter = new Spotter({
      classifier,
      input: { sampleRateHz: sampleRate, encoding, channels },
      knobs: { keywords, threshold, patience, refractoryMs },
      listener: {
        onKeyword: (event) => this.#emit({ type: 'keyword', ...event }),
        onWindow: (window) => this.#emitPosteriors(window),
      },
    });
    this.#sendsPosteriors = posteriors;
    const { windowSamples, strideSamples } = classifier.manifest;
    this.#emit({
      type: 'ready',
      session: SESSION,
      protocol: PROTOCOL_VERSION,
      model: summaryOf(classifier.manifest),
      windowSamples,
      strideSamples,
    });
  }

  #emitPosteriors({ endSample, posteriors }: HeardWindow): void {
    if (this.#sendsPosteriors) this.#emit({ type: 'posteriors', endSample, values: Array.from(posteriors) });
  }

  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.#spotter?.close();
      this.#spotter = undefined;
      this.#emit({ type: 'error', code: error.code, message: error.message });
    }
  }
}

function summaryOf({ name, version, digest, labels, keywords }: Manifest) {
  return { name, version, digest, labels, keywords };
}

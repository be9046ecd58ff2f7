/** The candidate beside the incumbent in one session: hears the same, tells nobody, and can break nothing. */

import { fittingKnobs, type Knobs } from '#shared/detection/keyword-rules.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import { Spotter, type SpotterInput } from '#shared/pipeline/spotter.ts';
import type { DetectedEvent } from '#shared/protocol/messages.ts';

import { Disagreements } from './disagreements.ts';
import type { Trial } from './trial.ts';

export interface ShadowOptions {
  readonly input: SpotterInput;
  readonly knobs: Knobs;
  /** What the session has heard before, at the rate of its input: events of the two must have one clock. */
  readonly heardFrames: number;
}

/** Counts where the two disagree, from the candidate's first window on. */
export class Shadow {
  readonly #trial: Trial;
  readonly #sampleRateHz: number;
  readonly #disagreements: Disagreements;
  #spotter: Spotter | undefined;
  #heardFrames: number;
  /** Where the candidate's first window ends. */
  readonly #fromSample: number;

  constructor(trial: Trial, { input, knobs, heardFrames }: ShadowOptions) {
    const { classifier, manifest } = trial.candidate;
    this.#trial = trial;
    this.#sampleRateHz = input.sampleRateHz;
    this.#heardFrames = heardFrames;
    this.#fromSample = this.#heardSamples + manifest.windowSamples;
    this.#disagreements = new Disagreements((side) => trial.countDisagreement(side));
    for (const side of ['incumbent', 'candidate'] as const) trial.count(side, 'sessions');
    this.#guard(() => {
      const spotter = new Spotter({
        classifier,
        input,
        knobs: fittingKnobs(manifest, knobs).knobs,
        listener: { onKeyword: (event) => this.note('candidate', event) },
      });
      this.#spotter = spotter;
      spotter.skip(heardFrames);
    });
  }

  /** The incumbent has heard this. */
  push(chunk: Uint8Array, { frames, audioMs }: { readonly frames: number; readonly audioMs: number }): void {
    this.#heardFrames += frames;
    this.#guard(() => this.#spotter?.push(chunk));
    if (!this.#spotter) return;
    for (const side of ['incumbent', 'candidate'] as const) this.#trial.countAudio(side, audioMs);
    this.#disagreements.heardUntil(this.#heardSamples);
  }

  skip(frames: number): void {
    this.#heardFrames += frames;
    this.#guard(() => this.#spotter?.skip(frames));
  }

  configure(knobs: Knobs): void {
    this.#guard(() => this.#spotter?.configure(fittingKnobs(this.#trial.candidate.manifest, knobs).knobs));
  }

  /** One of the two has heard a keyword. */
  note(side: 'incumbent' | 'candidate', event: DetectedEvent): void {
    if (!this.#spotter || event.endSample < this.#fromSample) return;
    this.#trial.count(side, 'events');
    this.#disagreements.note(side, event);
  }

  close(): void {
    this.#spotter?.close();
    this.#spotter = undefined;
  }

  get #heardSamples(): number {
    return Math.round((this.#heardFrames * SAMPLE_RATE_HZ) / this.#sampleRateHz);
  }

  /** What goes wrong here is the candidate's error, and not the session's. */
  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#trial.fail(error);
      this.close();
    }
  }
}

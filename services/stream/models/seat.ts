/** A session's place at a model: says which model hears it, and when that changes. */

import { fittingKnobs, type Knobs } from '#shared/detection/keyword-rules.ts';
import type { Classifier } from '#shared/model/classifier.ts';
import type { SpotterInput } from '#shared/pipeline/spotter.ts';
import type { DetectedEvent } from '#shared/protocol/messages.ts';

import type { Side } from './disagreements.ts';
import type { LoadedModel } from './loaded-model.ts';
import { Shadow } from './shadow.ts';
import type { Trial } from './trial.ts';

/** Who sits there. */
export interface Occupant {
  readonly session: string;
  readonly input: SpotterInput;
  readonly knobs: Knobs;
  /** From its next window on the session is heard by another model. */
  onMove(classifier: Classifier): void;
}

/** A piece of audio that the session was heard. */
export interface HeardChunk {
  readonly frames: number;
  readonly audioMs: number;
}

export interface SeatOptions {
  readonly occupant: Occupant;
  readonly incumbent: LoadedModel;
  readonly trial: Trial | undefined;
  readonly onRelease: (seat: Seat) => void;
}

/** Held from a session's start to its end. */
export class Seat {
  readonly #occupant: Occupant;
  readonly #onRelease: (seat: Seat) => void;
  #model: LoadedModel;
  #trial: Trial | undefined;
  #shadow: Shadow | undefined;
  #knobs: Knobs;
  #heardFrames = 0;

  constructor({ occupant, incumbent, trial, onRelease }: SeatOptions) {
    this.#occupant = occupant;
    this.#onRelease = onRelease;
    this.#knobs = occupant.knobs;
    this.#model = this.#canHave(trial) ? trial.candidate : incumbent;
    this.#join(trial);
  }

  /** What the session begins with. */
  get classifier(): Classifier {
    return this.#model.classifier;
  }

  /** Another model serves, or another trial runs. */
  move(incumbent: LoadedModel, trial: Trial | undefined): void {
    const before = this.#model;
    this.#model = this.#canHave(trial) ? trial.candidate : incumbent;
    if (before !== this.#model || this.#trial !== trial || this.#lacksShadow(trial)) this.#join(trial);
    if (before !== this.#model) this.#occupant.onMove(this.#model.classifier);
  }

  /** The session has been heard this, and has told of what was in it. */
  heard(chunk: Uint8Array, { frames, audioMs }: HeardChunk): void {
    this.#heardFrames += frames;
    if (this.#trial?.mode === 'canary') this.#trial.countAudio(this.#side, audioMs);
    this.#shadow?.push(chunk, { frames, audioMs });
  }

  /** Audio was lost. */
  skipped(frames: number): void {
    this.#heardFrames += frames;
    this.#shadow?.skip(frames);
  }

  /** The session has told of a keyword. */
  noted(event: DetectedEvent): void {
    if (this.#trial?.mode === 'canary') this.#trial.count(this.#side, 'events');
    this.#shadow?.note('incumbent', event);
  }

  configured(knobs: Knobs): void {
    this.#knobs = { ...this.#knobs, ...knobs };
    this.#shadow?.configure(knobs);
  }

  /** The session ends by a fault of the service. */
  failed(): void {
    if (this.#trial?.mode === 'canary') this.#trial.count(this.#side, 'errors');
  }

  release(): void {
    this.#shadow?.close();
    this.#shadow = undefined;
    this.#onRelease(this);
  }

  get #side(): Side {
    return this.#model === this.#trial?.candidate ? 'candidate' : 'incumbent';
  }

  #join(trial: Trial | undefined): void {
    this.#shadow?.close();
    this.#shadow = undefined;
    this.#trial = trial;
    if (trial?.mode === 'canary') trial.count(this.#side, 'sessions');
    if (!this.#takesPart(trial, 'shadow')) return;
    this.#shadow = new Shadow(trial, { input: this.#occupant.input, knobs: this.#knobs, heardFrames: this.#heardFrames });
  }

  /** Whether a larger share has let this session in, or a smaller one out. */
  #lacksShadow(trial: Trial | undefined): boolean {
    return this.#takesPart(trial, 'shadow') !== (this.#shadow !== undefined);
  }

  /** A candidate without the keywords that were asked for is none for this session. */
  #canHave(trial: Trial | undefined): trial is Trial {
    if (!this.#takesPart(trial, 'canary')) return false;
    return fittingKnobs(trial.candidate.manifest, this.#knobs).missingKeywords.length === 0;
  }

  #takesPart(trial: Trial | undefined, mode: Trial['mode']): trial is Trial {
    return trial?.mode === mode && trial.takesPart(this.#occupant.session);
  }
}

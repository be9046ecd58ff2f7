/** One model's hearing of a stream: from samples at 16 kHz to the posteriors of each window. */

import type { Classifier, ClassifierStream } from '#shared/model/classifier.ts';
import { SILENCE_LABEL, type Manifest } from '#shared/model/manifest.ts';

import { FrameRing } from './frame-ring.ts';
import { Opening } from './opening.ts';
import { StrideFeatures } from './stride-features.ts';
import { VoiceGate } from './voice-gate.ts';

/** A window, and what the model makes of it. */
export interface ScoredSpan {
  readonly startSample: number;
  readonly endSample: number;
  /** In label order; the array is reused for the next window. */
  readonly posteriors: Float32Array;
  /** Whether it holds nothing but the background, and was not scored: its posteriors say silence. */
  readonly isSkipped: boolean;
}

export interface HearingOptions {
  /** Where in the stream it begins. */
  readonly startSample: number;
  /** Whether windows of nothing but the background are left out. */
  readonly skipsSilence: boolean;
  readonly onWindow: (span: ScoredSpan) => void;
}

/** Begins with a window of its own, from the sample it is opened at. */
export class Hearing {
  readonly #onWindow: (span: ScoredSpan) => void;
  readonly #skipsSilence: boolean;
  #classifier: Classifier;
  #opening: Opening | undefined;
  #strides: StrideFeatures;
  #ring: FrameRing;
  #gate: VoiceGate | undefined;
  #stream: ClassifierStream;
  /** The posteriors of a window that is left out. */
  #silence: Float32Array | undefined;
  #isStreamFresh = true;
  #isClosed = false;
  #hasHeardWindow = false;
  #nextWindowStart: number;
  #heardSamples: number;

  constructor(classifier: Classifier, { startSample, skipsSilence, onWindow }: HearingOptions) {
    const { manifest } = classifier;
    this.#onWindow = onWindow;
    this.#skipsSilence = skipsSilence;
    this.#classifier = classifier;
    this.#opening = new Opening(manifest.windowSamples);
    this.#strides = new StrideFeatures(manifest);
    this.#ring = new FrameRing(manifest);
    this.#gate = skipsSilence ? new VoiceGate(manifest) : undefined;
    this.#stream = classifier.openStream();
    this.#nextWindowStart = startSample;
    this.#heardSamples = startSample;
  }

  get manifest(): Manifest {
    return this.#classifier.manifest;
  }

  /** How many samples its first window still lacks. */
  get missingSamples(): number {
    return this.#opening?.missingSamples ?? 0;
  }

  hear(samples: Float32Array): void {
    this.#heardSamples += samples.length;
    const opening = this.#opening;
    if (!opening) return this.#hearFrom(samples, 0);
    const taken = opening.fill(samples);
    if (!opening.isFull) return;
    this.#open(opening);
    this.#hearFrom(samples, taken);
  }

  /** Scores what there is amid zeros if it was shorter than a window. */
  finish(): void {
    if (!this.#hasHeardWindow && this.#opening && !this.#opening.isEmpty) this.#open(this.#opening);
  }

  /** Forgets what it heard, and begins anew at a later sample. */
  restartAt(sample: number): void {
    this.#opening = new Opening(this.manifest.windowSamples);
    this.#strides = new StrideFeatures(this.manifest);
    this.#ring = new FrameRing(this.manifest);
    this.#gate = this.#skipsSilence ? new VoiceGate(this.manifest) : undefined;
    this.#nextWindowStart = sample;
    this.#heardSamples = sample;
    this.#stream.reset();
    this.#isStreamFresh = true;
  }

  /** Puts a model that hears alike to work from the next window on: it begins with the frames at hand. */
  replaceClassifier(classifier: Classifier): void {
    this.#stream.close();
    this.#classifier = classifier;
    this.#silence = undefined;
    this.#stream = classifier.openStream();
    this.#isStreamFresh = true;
  }

  /** Lets go of the classifier's stream. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stream.close();
  }

  #open(opening: Opening): void {
    const { window, zerosBefore } = opening.centred();
    this.#opening = undefined;
    this.#nextWindowStart -= zerosBefore;
    this.#hearFrom(window, 0);
  }

  #hearFrom(samples: Float32Array, start: number): void {
    for (let next = start; next < samples.length;) {
      next += this.#strides.fill(samples, next);
      if (this.#strides.isDue) this.#score(this.#strides.take(this.#classifier.extractor));
    }
  }

  /** From the frames of one stride to the window they complete. */
  #score(frames: Float32Array): void {
    this.#ring.push(frames);
    this.#gate?.push(frames);
    if (!this.#ring.isFull) return;
    const { startSample, endSample } = this.#nextWindow();
    const isSkipped = this.#gate !== undefined && !this.#gate.isOpen;
    const posteriors = isSkipped ? this.#rest() : this.#advance(frames);
    this.#hasHeardWindow = true;
    this.#onWindow({ startSample, endSample, posteriors, isSkipped });
  }

  #advance(frames: Float32Array): Float32Array {
    const posteriors = this.#stream.advance(this.#isStreamFresh ? this.#ring.window() : frames);
    this.#isStreamFresh = false;
    return posteriors;
  }

  /** Leaves a window out; the next that is scored begins with the frames kept, so nothing of a word's onset is lost. */
  #rest(): Float32Array {
    if (!this.#isStreamFresh) this.#stream.reset();
    this.#isStreamFresh = true;
    return (this.#silence ??= Float32Array.from(this.manifest.labels, (label) => (label === SILENCE_LABEL ? 1 : 0)));
  }

  /** Where the window lies in the stream; zeros that were put around a short one do not count. */
  #nextWindow(): { readonly startSample: number; readonly endSample: number } {
    const { windowSamples, strideSamples } = this.manifest;
    const start = this.#nextWindowStart;
    this.#nextWindowStart += strideSamples;
    return { startSample: Math.max(0, start), endSample: Math.min(start + windowSamples, this.#heardSamples) };
  }
}

/** Whether two models see the same features of the same windows. */
export function hearsAlike(a: Manifest, b: Manifest): boolean {
  const hearing = ({ windowSamples, strideSamples, features }: Manifest): string =>
    JSON.stringify([windowSamples, strideSamples, features]);
  return hearing(a) === hearing(b);
}

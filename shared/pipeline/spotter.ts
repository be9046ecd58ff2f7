/** The whole way of the data: audio in, keyword events out. The service, the trainer's evaluation and the page all run this. */

import { PcmDecoder, type PcmFormat } from '#shared/audio/pcm.ts';
import { Resampler } from '#shared/audio/resampler.ts';
import { Detector, type Detection } from '#shared/detection/detector.ts';
import { fittingKnobs, keywordRules, type Knobs } from '#shared/detection/keyword-rules.ts';
import { Smoother } from '#shared/detection/smoother.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import type { Classifier } from '#shared/model/classifier.ts';
import { samplesToMs, type Manifest } from '#shared/model/manifest.ts';
import type { DetectedEvent } from '#shared/protocol/messages.ts';

import { Hearing, hearsAlike, type ScoredSpan } from './hearing.ts';

/** How the audio comes in. */
export interface SpotterInput extends Partial<PcmFormat> {
  readonly sampleRateHz: number;
}

/** One scored window. */
export interface HeardWindow {
  readonly endSample: number;
  /** In label order; the array is reused for the next window. */
  readonly posteriors: Float32Array;
  /** Whether it was left out as silence. */
  readonly isSkipped: boolean;
}

/** Another model has taken over. */
export interface ModelChange {
  /** Windows that end after this sample are the new model's. */
  readonly fromSample: number;
  /** What the knobs name and the new model does not have; those knobs rest until a model has it again. */
  readonly missingKeywords: readonly string[];
}

/** Who is told what was heard, while it is being heard. */
export interface SpotterListener {
  onKeyword(event: DetectedEvent): void;
  onWindow?(window: HeardWindow): void;
  onModelChange?(change: ModelChange): void;
  /** What is about to be heard, at 16 kHz; the array is reused. `startSample` jumps where audio was lost. */
  onAudio?(samples: Float32Array, startSample: number): void;
}

export interface SpotterOptions {
  readonly classifier: Classifier;
  /** 32-bit float mono where `encoding` and `channels` are absent. */
  readonly input: SpotterInput;
  readonly knobs?: Knobs | undefined;
  /** Whether windows of nothing but the background are left out; then their posteriors say silence. See `VoiceGate`. */
  readonly skipsSilence?: boolean;
  readonly listener: SpotterListener;
}

/** What a finished stream held. */
export interface SpotterSummary {
  /** At 16 kHz. */
  readonly samples: number;
  readonly windows: number;
  readonly keywords: number;
}

/**
 * Spots keywords in one stream. Its clock is the count of samples at 16 kHz: the events depend on the audio alone, not on how it was
 * cut or how fast it came. It holds at most one window of audio, and in steady state allocates nothing that outlives a chunk.
 */
export class Spotter {
  readonly #listener: SpotterListener;
  readonly #decoder: PcmDecoder;
  readonly #resampler: Resampler;
  readonly #detector: Detector;
  readonly #skipsSilence: boolean;
  /** As asked for, whether the model at work has the keywords or not. */
  #knobs: Knobs;
  #hearing: Hearing;
  /** A model that hears other features, until its first window is full. */
  #successor: Hearing | undefined;
  #smoother: Smoother;
  readonly #inputRateHz: number;
  /** Heard or lost, at the rate of the input. */
  #inputFrames = 0;
  #samples = 0;
  #windows = 0;
  #keywords = 0;

  /** @throws {CodedError} `unknown_keyword`, `unsupported_sample_rate` */
  constructor({ classifier, input, knobs = {}, skipsSilence = false, listener }: SpotterOptions) {
    const { manifest } = classifier;
    this.#listener = listener;
    this.#knobs = knobs;
    this.#skipsSilence = skipsSilence;
    this.#decoder = new PcmDecoder({ encoding: input.encoding ?? 'pcm_f32le', channels: input.channels ?? 1 });
    this.#inputRateHz = input.sampleRateHz;
    this.#resampler = new Resampler(input.sampleRateHz, classifier.convolver);
    this.#smoother = smootherOf(manifest);
    this.#detector = new Detector(keywordRules(manifest, knobs));
    this.#hearing = this.#listenWith(classifier);
  }

  /** The model in use. */
  get manifest(): Manifest {
    return this.#hearing.manifest;
  }

  /**
   * Hears the next bytes of PCM, any number of whole sample frames.
   *
   * @throws {AudioError} `odd_byte_count`
   */
  push(chunk: Uint8Array): void {
    this.pushSamples(this.#decoder.decode(chunk));
  }

  /** Hears the next samples, mono in [-1, 1] at the rate of the input. */
  pushSamples(samples: Float32Array): void {
    this.#inputFrames += samples.length;
    this.#hear(this.#resampler.push(samples));
  }

  /**
   * Goes on after audio that was lost. The sample clock counts it; no window spans the gap, and no run of windows counts across it.
   *
   * @param sampleFrames - how many were lost, at the rate of the input
   */
  skip(sampleFrames: number): void {
    this.#hear(this.#resampler.flush());
    this.#inputFrames += sampleFrames;
    this.#samples = Math.round((this.#inputFrames * SAMPLE_RATE_HZ) / this.#inputRateHz);
    if (this.#successor) this.#succeed(this.#successor, this.#samples);
    this.#hearing.restartAt(this.#samples);
    this.#smoother = smootherOf(this.manifest);
    this.#detector.interrupt();
  }

  /** Ends the stream: hears what the resampler still holds; if that was shorter than a window, scores it amid zeros; a word that was being heard has been heard. Call it once. */
  finish(): SpotterSummary {
    this.#hear(this.#resampler.flush());
    this.#hearing.finish();
    for (const detection of this.#detector.finish()) this.#emit(detection);
    this.close();
    return { samples: this.#samples, windows: this.#windows, keywords: this.#keywords };
  }

  /** Lets go of the classifier's streams; nothing may be pushed any more. A finished stream is closed already. */
  close(): void {
    this.#hearing.close();
    this.#successor?.close();
  }

  /**
   * Changes some knobs from the next window on; those that `knobs` does not name stay.
   *
   * @throws {DetectionError} `unknown_keyword`; all stays as it was
   */
  configure(knobs: Knobs): void {
    keywordRules(this.manifest, knobs);
    this.#knobs = { ...this.#knobs, ...knobs };
    this.#applyKnobs();
  }

  /**
   * Puts another model to work. If it hears the same features in the same windows, it begins with the frames at hand and scores the
   * next window; else it listens beside the model at work, and takes over with its own first window. Either way no window is missed,
   * and keywords that are held or quiet stay so.
   */
  replaceClassifier(classifier: Classifier): void {
    this.#successor?.close();
    this.#successor = undefined;
    if (!hearsAlike(classifier.manifest, this.manifest)) {
      this.#successor = this.#listenWith(classifier);
      return;
    }
    const before = this.manifest;
    this.#hearing.replaceClassifier(classifier);
    this.#takeOver(before, this.#samples);
  }

  #listenWith(classifier: Classifier): Hearing {
    const options = { startSample: this.#samples, skipsSilence: this.#skipsSilence };
    return new Hearing(classifier, { ...options, onWindow: (span) => this.#detect(span) });
  }

  #hear(samples: Float32Array): void {
    const from = this.#samples;
    this.#samples += samples.length;
    this.#listener.onAudio?.(samples, from);
    const successor = this.#successor;
    const missing = successor?.missingSamples ?? 0;
    if (!successor) return this.#hearing.hear(samples);
    if (samples.length < missing) {
      this.#hearing.hear(samples);
      return successor.hear(samples);
    }
    this.#hearing.hear(samples.subarray(0, missing - 1)); // a window that ends with the successor's first is the successor's
    this.#succeed(successor, from + missing - 1);
    successor.hear(samples);
  }

  #succeed(successor: Hearing, fromSample: number): void {
    const before = this.manifest;
    this.#hearing.close();
    this.#hearing = successor;
    this.#successor = undefined;
    this.#takeOver(before, fromSample);
  }

  /** Detection goes on with what the two models have in common. */
  #takeOver(before: Manifest, fromSample: number): void {
    this.#smoother = carriedOver(this.#smoother, before, this.manifest);
    this.#listener.onModelChange?.({ fromSample, missingKeywords: this.#applyKnobs() });
  }

  /** @returns the keywords that the knobs name and the model does not have */
  #applyKnobs(): readonly string[] {
    const { knobs, missingKeywords } = fittingKnobs(this.manifest, this.#knobs);
    this.#detector.configure(keywordRules(this.manifest, knobs));
    return missingKeywords;
  }

  /** From the posteriors of a window to its events. */
  #detect({ startSample, endSample, posteriors, isSkipped }: ScoredSpan): void {
    this.#windows++;
    this.#listener.onWindow?.({ endSample, posteriors, isSkipped });
    const scores = this.#smoother.push(posteriors);
    for (const detection of this.#detector.push({ scores, startSample, endSample })) this.#emit(detection);
  }

  #emit({ keyword, score, startSample, endSample }: Detection): void {
    const sequence = this.#keywords++;
    const span = { startSample, endSample, startMs: samplesToMs(startSample), endMs: samplesToMs(endSample) };
    this.#listener.onKeyword({ keyword, score, ...span, model: this.manifest.version, sequence });
  }
}

function smootherOf({ detection, labels }: Manifest): Smoother {
  return new Smoother(detection.smoothingWindows, labels.length);
}

/** The smoother of the next model, knowing what the last one heard of the labels that both have. */
function carriedOver(smoother: Smoother, before: Manifest, after: Manifest): Smoother {
  const sourceOf = after.labels.map((label) => before.labels.indexOf(label));
  const isSame = sourceOf.every((source, i) => source === i) && before.labels.length === after.labels.length;
  if (isSame && before.detection.smoothingWindows === after.detection.smoothingWindows) return smoother;
  const next = smootherOf(after);
  smoother.teach(next, sourceOf);
  return next;
}

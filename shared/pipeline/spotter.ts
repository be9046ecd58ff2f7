/** The whole way of the data: audio in, keyword events out. The service, the trainer's evaluation and the page all run this. */

import { PcmDecoder, type PcmFormat } from '#shared/audio/pcm.ts';
import { Resampler } from '#shared/audio/resampler.ts';
import { Detector, type Detection } from '#shared/detection/detector.ts';
import { keywordRules, type Knobs } from '#shared/detection/keyword-rules.ts';
import { Smoother } from '#shared/detection/smoother.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import type { Classifier, ClassifierStream } from '#shared/model/classifier.ts';
import { samplesToMs, type Manifest } from '#shared/model/manifest.ts';
import type { DetectedEvent } from '#shared/protocol/messages.ts';

import { FrameRing } from './frame-ring.ts';
import { Opening } from './opening.ts';
import { StrideFeatures } from './stride-features.ts';

/** How the audio comes in. */
export interface SpotterInput extends Partial<PcmFormat> {
  readonly sampleRateHz: number;
}

/** One scored window. */
export interface HeardWindow {
  readonly endSample: number;
  /** In label order; the array is reused for the next window. */
  readonly posteriors: Float32Array;
}

/** Who is told what was heard, while it is being heard. */
export interface SpotterListener {
  onKeyword(event: DetectedEvent): void;
  onWindow?(window: HeardWindow): void;
}

export interface SpotterOptions {
  readonly classifier: Classifier;
  /** 32-bit float mono where `encoding` and `channels` are absent. */
  readonly input: SpotterInput;
  readonly knobs?: Knobs | undefined;
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
  #classifier: Classifier;
  #knobs: Knobs;
  #opening: Opening | undefined;
  #strides: StrideFeatures;
  #ring: FrameRing;
  #stream: ClassifierStream;
  #isStreamFresh = true;
  #isClosed = false;
  #smoother: Smoother;
  readonly #inputRateHz: number;
  /** Heard or lost, at the rate of the input. */
  #inputFrames = 0;
  #nextWindowStart = 0;
  #samples = 0;
  #windows = 0;
  #keywords = 0;

  /** @throws {CodedError} `unknown_keyword`, `unsupported_sample_rate` */
  constructor({ classifier, input, knobs = {}, listener }: SpotterOptions) {
    const { manifest } = classifier;
    this.#listener = listener;
    this.#classifier = classifier;
    this.#knobs = knobs;
    this.#decoder = new PcmDecoder({ encoding: input.encoding ?? 'pcm_f32le', channels: input.channels ?? 1 });
    this.#inputRateHz = input.sampleRateHz;
    this.#resampler = new Resampler(input.sampleRateHz);
    this.#opening = new Opening(manifest.windowSamples);
    this.#strides = new StrideFeatures(manifest);
    this.#ring = new FrameRing(manifest);
    this.#smoother = new Smoother(manifest.detection.smoothingWindows, manifest.labels.length);
    this.#detector = new Detector(keywordRules(manifest, knobs));
    this.#stream = classifier.openStream();
  }

  /** The model in use. */
  get manifest(): Manifest {
    return this.#classifier.manifest;
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
    this.#startOver(this.manifest);
    this.#stream.reset();
    this.#isStreamFresh = true;
    this.#smoother = new Smoother(this.manifest.detection.smoothingWindows, this.manifest.labels.length);
    this.#detector.interrupt();
  }

  /** Ends the stream: hears what the resampler still holds; if that was shorter than a window, scores it amid zeros. Call it once. */
  finish(): SpotterSummary {
    this.#hear(this.#resampler.flush());
    if (this.#windows === 0 && this.#opening && !this.#opening.isEmpty) this.#open(this.#opening);
    this.close();
    return { samples: this.#samples, windows: this.#windows, keywords: this.#keywords };
  }

  /** Lets go of the classifier's stream; nothing may be pushed any more. A finished stream is closed already. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stream.close();
  }

  /**
   * Changes some knobs from the next window on; those that `knobs` does not name stay.
   *
   * @throws {DetectionError} `unknown_keyword`; all stays as it was
   */
  configure(knobs: Knobs): void {
    const merged = { ...this.#knobs, ...knobs };
    this.#detector.configure(keywordRules(this.manifest, merged));
    this.#knobs = merged;
  }

  /**
   * Puts another model to work from the next window on. If it hears the same features in the same windows, it begins with the frames
   * at hand and no window is missed; else with a window of its own. Keywords that are held or quiet stay so.
   *
   * @throws {DetectionError} `unknown_keyword` if a knob names a keyword the model does not have; all stays as it was
   */
  replaceClassifier(classifier: Classifier): void {
    const { manifest } = classifier;
    this.#detector.configure(keywordRules(manifest, this.#knobs));
    if (!hearsAlike(manifest, this.manifest)) this.#startOver(manifest);
    this.#stream.close();
    this.#classifier = classifier;
    this.#stream = classifier.openStream();
    this.#isStreamFresh = true;
    this.#smoother = new Smoother(manifest.detection.smoothingWindows, manifest.labels.length);
  }

  #hear(samples: Float32Array): void {
    this.#samples += samples.length;
    const opening = this.#opening;
    if (!opening) return this.#hearFrom(samples, 0);
    const taken = opening.fill(samples);
    if (!opening.isFull) return;
    this.#open(opening);
    this.#hearFrom(samples, taken);
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

  /** From the frames of one stride to the events of the window they complete. */
  #score(frames: Float32Array): void {
    this.#ring.push(frames);
    if (!this.#ring.isFull) return;
    const span = this.#nextWindow();
    const posteriors = this.#stream.advance(this.#isStreamFresh ? this.#ring.window() : frames);
    this.#isStreamFresh = false;
    this.#listener.onWindow?.({ endSample: span.endSample, posteriors });
    const scores = this.#smoother.push(posteriors);
    for (const detection of this.#detector.push({ scores, ...span })) this.#emit(detection);
  }

  /** Where the window lies in the stream; zeros that were put around a short one do not count. */
  #nextWindow(): { readonly startSample: number; readonly endSample: number } {
    const { windowSamples, strideSamples } = this.manifest;
    const start = this.#nextWindowStart;
    this.#nextWindowStart += strideSamples;
    this.#windows++;
    return { startSample: Math.max(0, start), endSample: Math.min(start + windowSamples, this.#samples) };
  }

  #emit({ keyword, score, startSample, endSample }: Detection): void {
    const sequence = this.#keywords++;
    const span = { startSample, endSample, startMs: samplesToMs(startSample), endMs: samplesToMs(endSample) };
    this.#listener.onKeyword({ keyword, score, ...span, model: this.manifest.version, sequence });
  }

  #startOver(manifest: Manifest): void {
    this.#opening = new Opening(manifest.windowSamples);
    this.#strides = new StrideFeatures(manifest);
    this.#ring = new FrameRing(manifest);
    this.#nextWindowStart = this.#samples;
  }
}

function hearsAlike(a: Manifest, b: Manifest): boolean {
  const hearing = ({ windowSamples, strideSamples, features }: Manifest): string =>
    JSON.stringify([windowSamples, strideSamples, features]);
  return hearing(a) === hearing(b);
}

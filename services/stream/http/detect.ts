/** Scores a recording while it is being uploaded: the same way of the data as a stream, in slices, so that live streams need not wait. */

import { setImmediate } from 'node:timers/promises';

import { WavDecoder, type WavHeader } from '#shared/audio/wav-decoder.ts';
import type { Classifier } from '#shared/model/classifier.ts';
import { Spotter } from '#shared/pipeline/spotter.ts';
import type { DetectAnswer, DetectedEvent } from '#shared/protocol/messages.ts';

import { summaryOf } from '../models/summary.ts';
import { BestWindow } from './best-window.ts';
import type { DetectQuery } from './detect-query.ts';
import { HttpError } from './problem.ts';

/** A quarter of a second, about three windows, is worked on in one go: a millisecond or two. Then everybody else has a turn. */
const SLICES_PER_SECOND = 4;
/** The same before the header has told the format. */
const HEADER_SLICE_BYTES = 4096;
/** On one timeline: more than speech has words in a day. Each takes some 200 bytes of the answer. */
export const MAX_EVENTS = 100_000;

export interface DetectOptions {
  readonly classifier: Classifier;
  readonly query: DetectQuery;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** A longer recording is refused. */
  readonly maxAudioMs?: number;
  readonly maxEvents?: number;
}

/**
 * Finds the keywords of a WAV file. It takes the next piece only once it is done with the one before, so it never holds more than one.
 *
 * @param file - its bytes, in pieces of any length
 * @throws {AudioError} what is wrong with the file
 * @throws {HttpError} `upload_too_long`, `too_many_events`
 */
export async function detect(file: AsyncIterable<Uint8Array>, options: DetectOptions): Promise<DetectAnswer> {
  const recording = new Recording(options);
  try {
    for await (const piece of file) {
      for (const slice of slicesOf(piece, () => recording.sliceBytes)) {
        recording.push(slice);
        await setImmediate(undefined, { signal: options.signal });
      }
    }
    return recording.finish();
  } finally {
    recording.close();
  }
}

function* slicesOf(bytes: Uint8Array, sliceBytes: () => number): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length;) {
    const slice = bytes.subarray(start, start + sliceBytes());
    yield slice;
    start += slice.length;
  }
}

/** One file on its way to an answer. */
class Recording {
  readonly #options: DetectOptions;
  readonly #decoder = new WavDecoder();
  readonly #best: BestWindow;
  readonly #events: DetectedEvent[] = [];
  #spotter: Spotter | undefined;

  constructor(options: DetectOptions) {
    this.#options = options;
    this.#best = new BestWindow(options.classifier.manifest);
  }

  /** How much is to be pushed in one go. */
  get sliceBytes(): number {
    const { header } = this.#decoder;
    return header ? Math.ceil(header.sampleRateHz / SLICES_PER_SECOND) * header.frameBytes : HEADER_SLICE_BYTES;
  }

  push(slice: Uint8Array): void {
    const samples = this.#decoder.push(slice);
    if (this.#decoder.header) this.#spotter ??= this.#open(this.#decoder.header);
    this.#spotter?.pushSamples(samples);
  }

  finish(): DetectAnswer {
    const header = this.#decoder.finish();
    this.#spotter?.finish();
    const { manifest } = this.#options.classifier;
    return {
      ...this.#best.answer(this.#options.query.top),
      durationMs: durationMs(header),
      events: this.#events,
      model: summaryOf(manifest),
    };
  }

  close(): void {
    this.#spotter?.close();
  }

  /** @throws {HttpError} `upload_too_long` */
  #open(header: WavHeader): Spotter {
    const { classifier, query, maxAudioMs = Infinity } = this.#options;
    if (durationMs(header) > maxAudioMs) {
      throw new HttpError('upload_too_long', `the recording lasts ${Math.round(durationMs(header))} ms, at most ${maxAudioMs} ms may it`);
    }
    return new Spotter({
      classifier,
      input: { sampleRateHz: header.sampleRateHz },
      knobs: { threshold: query.threshold },
      listener: { onKeyword: (event) => this.#note(event), onWindow: ({ posteriors }) => this.#best.consider(posteriors) },
    });
  }

  /** @throws {HttpError} `too_many_events` */
  #note(event: DetectedEvent): void {
    const { maxEvents = MAX_EVENTS } = this.#options;
    if (this.#events.length >= maxEvents) {
      throw new HttpError('too_many_events', `the recording has more than ${maxEvents} events; raise the threshold, or send it in parts`);
    }
    this.#events.push(event);
  }
}

function durationMs({ frames, sampleRateHz }: WavHeader): number {
  return (frames * 1000) / sampleRateHz;
}

/** Scores an uploaded recording: the same way of the data as a stream, in slices, so that live streams need not wait. */

import { setImmediate } from 'node:timers/promises';

import { AudioError } from '#shared/audio/audio-error.ts';
import { readWav, type WavAudio } from '#shared/audio/wav.ts';
import type { Classifier } from '#shared/model/classifier.ts';
import type { Manifest } from '#shared/model/manifest.ts';
import { Spotter } from '#shared/pipeline/spotter.ts';
import type { DetectAnswer, DetectedEvent } from '#shared/protocol/messages.ts';

import { summaryOf } from '../models/summary.ts';
import { HttpError } from './problem.ts';
import type { DetectQuery } from './detect-query.ts';

/** A quarter of a second: about three windows, then live streams have their turn. */
const SLICES_PER_SECOND = 4;

export interface DetectOptions {
  readonly classifier: Classifier;
  readonly query: DetectQuery;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** A longer recording is refused. */
  readonly maxAudioMs?: number;
}

/**
 * Finds the keywords of a WAV file.
 *
 * @throws {AudioError} what is wrong with the file
 */
export async function detect(file: Uint8Array, { classifier, query, signal, maxAudioMs = Infinity }: DetectOptions): Promise<DetectAnswer> {
  const wav = readWav(file);
  if (durationMs(wav) > maxAudioMs) {
    throw new HttpError('upload_too_long', `the recording lasts ${Math.round(durationMs(wav))} ms, at most ${maxAudioMs} ms may it`);
  }
  const best = new BestWindow(classifier.manifest);
  const events: DetectedEvent[] = [];
  const spotter = new Spotter({
    classifier,
    input: { sampleRateHz: wav.sampleRateHz },
    knobs: { threshold: query.threshold },
    listener: { onKeyword: (event) => events.push(event), onWindow: ({ posteriors }) => best.consider(posteriors) },
  });
  try {
    for (const slice of slicesOf(wav)) {
      spotter.pushSamples(slice);
      await setImmediate(undefined, { signal });
    }
    spotter.finish();
  } finally {
    spotter.close();
  }
  return { ...best.answer(query.top), durationMs: durationMs(wav), events, model: summaryOf(classifier.manifest) };
}

/** Remembers the window in which a keyword had the highest posterior. */
class BestWindow {
  readonly #labels: readonly string[];
  readonly #keywordIndexes: readonly number[];
  #highest = -1;
  #posteriors: Float32Array | undefined;

  constructor({ labels, keywords }: Manifest) {
    this.#labels = labels;
    this.#keywordIndexes = keywords.map((keyword) => labels.indexOf(keyword));
  }

  consider(posteriors: Float32Array): void {
    const highest = Math.max(...this.#keywordIndexes.map((i) => posteriors[i] ?? 0));
    if (highest <= this.#highest) return;
    this.#highest = highest;
    this.#posteriors = posteriors.slice();
  }

  /** @throws {AudioError} `empty_wav` if there was no window at all */
  answer(count: number): Pick<DetectAnswer, 'keyword' | 'probability' | 'top'> {
    const ranked = this.#posteriors ? rank(this.#labels, this.#posteriors) : [];
    const [first] = ranked;
    if (!first) throw new AudioError('empty_wav', 'the file is shorter than one sample at 16 kHz');
    return { keyword: first.label, probability: first.probability, top: ranked.slice(0, count) };
  }
}

function rank(labels: readonly string[], posteriors: Float32Array): DetectAnswer['top'] {
  return labels.map((label, i) => ({ label, probability: posteriors[i] ?? 0 })).sort((a, b) => b.probability - a.probability);
}

function* slicesOf({ samples, sampleRateHz }: WavAudio): Generator<Float32Array> {
  const sliceSamples = Math.ceil(sampleRateHz / SLICES_PER_SECOND);
  for (let start = 0; start < samples.length; start += sliceSamples) yield samples.subarray(start, start + sliceSamples);
}

function durationMs({ samples, sampleRateHz }: WavAudio): number {
  return (samples.length * 1000) / sampleRateHz;
}

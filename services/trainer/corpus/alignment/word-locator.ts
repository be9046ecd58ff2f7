/** Where a word lies in a recording, by a model that knows it: also among other words, where energy tells nothing. */

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import type { Classifier } from '#shared/model/classifier.ts';

import { trackOf, type PosteriorTrack } from '../../evaluation/posterior-track.ts';
import { INT16_SCALE } from '../sample-store.ts';
import { findWord, type WordBounds } from './word-bounds.ts';

/** A model that is less sure than this has not heard the word. */
const LEAST_POSTERIOR = 0.5;
/** Windows that are this sure, against the surest one, hold the whole word; the middle one of them has it in its middle. */
const PLATEAU_SHARE = 0.8;
/** What is around the word belongs to its neighbours. */
const MARGIN_SAMPLES = 0.1 * SAMPLE_RATE_HZ;

/** Finds a word in recordings; `undefined` where it is not heard, or not known. */
export type WordLocator = (word: string, samples: Float32Array) => WordBounds | undefined;

/** Listens with a model. Recordings shorter than its window hold no window, and nothing is found in them. */
export function wordLocator(classifier: Classifier): WordLocator {
  const { labels, windowSamples } = classifier.manifest;
  return (word, samples) => {
    const label = labels.indexOf(word);
    if (label < 0) return undefined;
    const end = surestEnd(trackOf(classifier, toInt16(samples)), { label, labels: labels.length });
    if (end === undefined) return undefined;
    const start = Math.max(0, Math.round(end - windowSamples - MARGIN_SAMPLES));
    const around = samples.subarray(start, Math.round(end + MARGIN_SAMPLES));
    const bounds = findWord(around);
    return bounds && { ...bounds, startSample: start + bounds.startSample, endSample: start + bounds.endSample };
  };
}

/** The end of the window in the middle of those that are surest; `undefined` where none is sure enough. */
function surestEnd({ endSamples, posteriors }: PosteriorTrack, { label, labels }: { label: number; labels: number }): number | undefined {
  const scores = Array.from(endSamples, (_, window) => posteriors[window * labels + label]!);
  const most = Math.max(0, ...scores);
  if (most < LEAST_POSTERIOR) return undefined;
  const surest = scores.indexOf(most);
  const isPlateau = (window: number): boolean => (scores[window] ?? 0) >= PLATEAU_SHARE * most;
  let [first, last] = [surest, surest];
  while (isPlateau(first - 1)) first--;
  while (isPlateau(last + 1)) last++;
  return (endSamples[first]! + endSamples[last]!) / 2;
}

function toInt16(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (sample) => Math.max(-INT16_SCALE, Math.min(INT16_SCALE - 1, Math.round(sample * INT16_SCALE))));
}

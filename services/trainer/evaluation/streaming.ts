/** How a model does on continuous sound: words that it misses, words that it imagines, and how late it is. */

import type { Classifier } from '#shared/model/classifier.ts';
import { samplesToMs, type Manifest } from '#shared/model/manifest.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';

import { INT16_SCALE, recordingCount, recordingOf, type SampleStore } from '../corpus/sample-store.ts';
import { randomFor } from '../random.ts';
import { detectionsOn, trackOf, type PosteriorTrack } from './posterior-track.ts';

/** Quiet between two spliced words. */
const GAP_SAMPLES = 12_800;
/** RMS of the noise under spliced words, in dB below full scale. */
const GAP_NOISE_DB = -55;
export const SAMPLES_PER_HOUR = SAMPLE_RATE_HZ * 3600;

/** Clips of one keyword, one after the other with gaps, as a track. */
export interface WordTrack {
  readonly keyword: string;
  readonly track: PosteriorTrack;
  /** Where each clip begins. */
  readonly clipStarts: readonly number[];
  /** Where each word is over: the last sample of its clip near the clip's loudest level. */
  readonly wordEnds: readonly number[];
}

/** Continuous speech, and the words that are really said in it where a transcript tells. */
export interface SpeechTrack {
  readonly track: PosteriorTrack;
  readonly words: ReadonlySet<string>;
}

/** What one keyword does at one threshold. */
export interface StreamingFigures {
  readonly threshold: number;
  readonly falseRejectRate: number;
  readonly falseAcceptsPerHour: number;
  /** From the end of a word to its detection; `undefined` where none was detected. */
  readonly latencyMedianMs: number | undefined;
}

/** Splices recordings `indices` of a store into one stream and hears it. */
export function wordTrackOf(
  classifier: Classifier,
  keyword: string,
  { store, indices, seed }: { store: SampleStore; indices: readonly number[]; seed: number },
): WordTrack {
  const clips = indices.map((index) => recordingOf(store, index));
  const total = clips.reduce((sum, { length }) => sum + length + GAP_SAMPLES, GAP_SAMPLES);
  const stream = quietNoise(total, seed);
  const clipStarts: number[] = [];
  const wordEnds: number[] = [];
  let position = GAP_SAMPLES;
  for (const clip of clips) {
    for (let n = 0; n < clip.length; n++) stream[position + n] = clamp(stream[position + n]! + clip[n]!);
    clipStarts.push(position);
    wordEnds.push(position + wordEndOf(clip));
    position += clip.length + GAP_SAMPLES;
  }
  return { keyword, track: trackOf(classifier, stream), clipStarts, wordEnds };
}

/** Hears each recording of a store. `wordsOf(i)` are the words said in recording `i`. */
export function speechTracksOf(
  classifier: Classifier,
  store: SampleStore,
  wordsOf: (recording: number) => ReadonlySet<string>,
): SpeechTrack[] {
  return Array.from({ length: recordingCount(store) }, (_, i) => ({
    track: trackOf(classifier, recordingOf(store, i)),
    words: wordsOf(i),
  }));
}

/** One keyword's figures at one threshold. Speech in which the keyword is really said does not count. */
export function figuresAt(
  threshold: number,
  { manifest, words, speech }: { manifest: Manifest; words: WordTrack; speech: readonly SpeechTrack[] },
): StreamingFigures {
  const knobs = { keywords: [words.keyword], threshold };
  const detections = detectionsOn(words.track, manifest, knobs).map(({ endSample }) => endSample);
  const latencies = words.clipStarts.flatMap((start, i) => {
    const nextStart = words.clipStarts[i + 1] ?? Infinity;
    const hit = detections.find((endSample) => endSample > start && endSample <= nextStart);
    return hit === undefined ? [] : [samplesToMs(hit - words.wordEnds[i]!)];
  });
  const without = speech.filter((other) => !other.words.has(words.keyword));
  const hours = without.reduce((sum, { track }) => sum + track.samples, 0) / SAMPLES_PER_HOUR;
  const falseAccepts = without.reduce((sum, { track }) => sum + detectionsOn(track, manifest, knobs).length, 0);
  return {
    threshold,
    falseRejectRate: 1 - latencies.length / words.clipStarts.length,
    falseAcceptsPerHour: hours === 0 ? 0 : falseAccepts / hours,
    latencyMedianMs: latencies.sort((a, b) => a - b)[Math.floor(latencies.length / 2)],
  };
}

/** A keyword that is missed more often than this is of no use, however quiet it keeps. */
const MAX_FALSE_REJECT_RATE = 0.25;

/** The lowest threshold whose false accepts stay within the budget; where that misses too many words, the highest that does not. */
export function operatingFigures(figures: readonly StreamingFigures[], falseAcceptsPerHour: number): StreamingFigures {
  const ascending = [...figures].sort((a, b) => a.threshold - b.threshold);
  const useful = ascending.filter(({ falseRejectRate }) => falseRejectRate <= MAX_FALSE_REJECT_RATE);
  const chosen = useful.find((candidate) => candidate.falseAcceptsPerHour <= falseAcceptsPerHour) ?? useful.at(-1) ?? ascending[0];
  if (!chosen) throw new RangeError('no threshold was tried');
  return chosen;
}

function quietNoise(samples: number, seed: number): Int16Array {
  const random = randomFor(seed, 4);
  const amplitude = INT16_SCALE * 10 ** (GAP_NOISE_DB / 20) * Math.sqrt(3); // uniform noise has an RMS of amplitude / √3
  const noise = new Int16Array(samples);
  for (let n = 0; n < samples; n++) noise[n] = Math.round(random.between(-amplitude, amplitude));
  return noise;
}

/** The end of the last 20 ms stretch within 20 dB of the loudest one. */
function wordEndOf(clip: Int16Array): number {
  const stretch = 320;
  const energies = Array.from({ length: Math.floor(clip.length / stretch) }, (_, i) =>
    clip.subarray(i * stretch, (i + 1) * stretch).reduce((sum, sample) => sum + sample * sample, 0),
  );
  const loudest = Math.max(...energies);
  return (energies.findLastIndex((energy) => energy > loudest / 100) + 1) * stretch;
}

function clamp(sample: number): number {
  return Math.max(-INT16_SCALE, Math.min(INT16_SCALE - 1, sample));
}

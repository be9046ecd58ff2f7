/** The stretches of speech that are examples of other speech: those in which no keyword is said. */

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';

import { recordingCount, recordingOf, storeOf, type SampleStore } from './sample-store.ts';
import type { Transcripts } from './transcripts.ts';

/** A reader pauses where he likes: 19 in 20 of 62 words that a model was sure of lay within 1.42 s of where the letters put them. */
const MARGIN_SAMPLES = 1.5 * SAMPLE_RATE_HZ;

export interface OtherSpeechOptions {
  /** Of the recordings, in their order. */
  readonly paths: readonly string[];
  readonly transcripts: Transcripts;
  readonly keywords: readonly string[];
  /** What is shorter than a window is dropped, unless the recording is. */
  readonly windowSamples: number;
}

/** Cuts out of recordings what may hold a keyword; each stretch that is left is a recording. */
export function withoutKeywords(speech: SampleStore, options: OtherSpeechOptions): SampleStore {
  const stretches = Array.from({ length: recordingCount(speech) }, (_, i) =>
    stretchesOf(recordingOf(speech, i), options.paths[i]!, options),
  );
  return storeOf(stretches.flat());
}

function stretchesOf(recording: Int16Array, path: string, { transcripts, keywords, windowSamples }: OtherSpeechOptions): Int16Array[] {
  const said = keywords.flatMap((keyword) => transcripts.saidAt(path, keyword)).sort((a, b) => a.startShare - b.startShare);
  const shortest = Math.min(windowSamples, recording.length);
  const stretches: Int16Array[] = [];
  let from = 0;
  for (const { startShare, endShare } of [...said, { startShare: Infinity, endShare: Infinity }]) {
    const to = Math.min(recording.length, Math.round(startShare * recording.length - MARGIN_SAMPLES));
    if (to - from >= shortest) stretches.push(recording.subarray(from, to));
    from = Math.max(from, Math.round(endShare * recording.length + MARGIN_SAMPLES));
  }
  return stretches;
}

/** The stretches of speech that a model takes for keywords although none is said: what the next model has most to learn from. */

import type { Artefact } from '#shared/model/artefact.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';

import { recordingCount, recordingOf, storeOf, type SampleStore } from '../corpus/sample-store.ts';
import type { Hearer } from '../evaluation/hearer.ts';
import type { PosteriorTrack } from '../evaluation/posterior-track.ts';
import { TrainerError } from '../trainer-error.ts';

/** From this posterior of a keyword on a window is mistaken: well below any threshold, which other noise or another voice may lift it over. */
const MISTAKEN_POSTERIOR = 0.3;
/** Around each stretch, so that a window is cut out of it at a place of its own. */
const MARGIN_SAMPLES = 0.16 * SAMPLE_RATE_HZ;

export interface HardSpeechOptions {
  /** The model that hears. */
  readonly artefact: Pick<Artefact, 'manifest'>;
  /** What the next model is to know; what this one does not know of it, it cannot mistake. */
  readonly keywords: readonly string[];
  readonly hearer: Hearer;
  readonly onProgress: (recordings: number) => void;
}

/**
 * Cuts out what a model mistakes. Windows that overlap are one stretch, so a mistake that lasts is no more often drawn than a short one.
 *
 * @param speech - recordings in which no keyword is said
 * @throws {TrainerError} `invalid_config` if the model knows none of the keywords, `worker_failed`
 */
export async function hardSpeechOf(
  speech: SampleStore,
  { artefact, keywords, hearer, onProgress }: HardSpeechOptions,
): Promise<SampleStore> {
  const { manifest } = artefact;
  const places = manifest.keywords.filter((keyword) => keywords.includes(keyword)).map((keyword) => manifest.labels.indexOf(keyword));
  if (places.length === 0)
    throw new TrainerError(
      'invalid_config',
      `data.examples.hardSpeech: ${manifest.name} knows none of the keywords, so it mistakes nothing for one`,
    );
  const tracks = await hearer.hear(recordingCount(speech), (i) => recordingOf(speech, i), onProgress);
  return storeOf(
    tracks.flatMap((track, i) =>
      mistakenStretches(track, { places, labels: manifest.labels.length, windowSamples: manifest.windowSamples }).map(({ from, to }) =>
        recordingOf(speech, i).subarray(Math.max(0, from), to),
      ),
    ),
  );
}

interface Mistakable {
  /** The keywords' places among the labels. */
  readonly places: readonly number[];
  readonly labels: number;
  readonly windowSamples: number;
}

/** Ascending, apart from each other; both ends may lie outside of the recording. */
function mistakenStretches({ endSamples, posteriors }: PosteriorTrack, { places, labels, windowSamples }: Mistakable): Stretch[] {
  const stretches: Stretch[] = [];
  endSamples.forEach((endSample, window) => {
    if (!places.some((place) => posteriors[window * labels + place]! >= MISTAKEN_POSTERIOR)) return;
    const stretch = { from: endSample - windowSamples - MARGIN_SAMPLES, to: endSample + MARGIN_SAMPLES };
    const last = stretches.at(-1);
    if (last && stretch.from <= last.to) last.to = stretch.to;
    else stretches.push(stretch);
  });
  return stretches;
}

interface Stretch {
  from: number;
  to: number;
}

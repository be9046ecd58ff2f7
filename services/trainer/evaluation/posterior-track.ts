/** A recording's posteriors, computed once by the production pipeline, and what the production detector makes of them under any rules. */

import { Detector, type Detection } from '#shared/detection/detector.ts';
import { keywordRules, type Knobs } from '#shared/detection/keyword-rules.ts';
import { Smoother } from '#shared/detection/smoother.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import type { Classifier } from '#shared/model/classifier.ts';
import type { Manifest } from '#shared/model/manifest.ts';
import { Spotter } from '#shared/pipeline/spotter.ts';

import { INT16_SCALE } from '../corpus/sample-store.ts';

/** Posteriors of each window of one recording. */
export interface PosteriorTrack {
  readonly samples: number;
  /** `[windows]` */
  readonly endSamples: readonly number[];
  /** `[windows]`, each in label order */
  readonly posteriors: readonly Float32Array[];
}

/** Hears a recording as a stream. */
export function trackOf(classifier: Classifier, recording: Int16Array): PosteriorTrack {
  const endSamples: number[] = [];
  const posteriors: Float32Array[] = [];
  const spotter = new Spotter({
    classifier,
    input: { sampleRateHz: SAMPLE_RATE_HZ },
    listener: {
      onKeyword: () => undefined,
      onWindow: (window) => {
        endSamples.push(window.endSample);
        posteriors.push(window.posteriors.slice());
      },
    },
  });
  spotter.pushSamples(Float32Array.from(recording, (sample) => sample / INT16_SCALE));
  spotter.finish();
  return { samples: recording.length, endSamples, posteriors };
}

/** What the detector reports on a track. */
export function detectionsOn({ endSamples, posteriors }: PosteriorTrack, manifest: Manifest, knobs: Knobs): Detection[] {
  const smoother = new Smoother(manifest.detection.smoothingWindows, manifest.labels.length);
  const detector = new Detector(keywordRules(manifest, knobs));
  return posteriors.flatMap((window, i) => {
    const endSample = endSamples[i]!;
    return detector.push({ scores: smoother.push(window), startSample: Math.max(0, endSample - manifest.windowSamples), endSample });
  });
}

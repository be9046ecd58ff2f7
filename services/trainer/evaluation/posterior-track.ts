/** A recording's posteriors, computed once by the production pipeline, and what the production detector makes of them under any rule. */

import { Detector } from '#shared/detection/detector.ts';
import type { KeywordRule } from '#shared/detection/keyword-rules.ts';
import { Smoother } from '#shared/detection/smoother.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import type { Classifier } from '#shared/model/classifier.ts';
import { Spotter } from '#shared/pipeline/spotter.ts';

import { INT16_SCALE } from '../corpus/sample-store.ts';

/** Posteriors of each window of one recording. Plain data, so that a worker can post it. */
export interface PosteriorTrack {
  readonly samples: number;
  /** `[windows]` */
  readonly endSamples: Float64Array<ArrayBuffer>;
  /** `[windows, labels]` */
  readonly posteriors: Float32Array<ArrayBuffer>;
}

/** One keyword's scores in a recording. */
export interface ScoreTrack {
  /** `[windows]` */
  readonly endSamples: readonly number[];
  /** `[windows]` */
  readonly scores: readonly number[];
}

/** How one keyword is detected; `threshold × releaseRatio` lets it go. */
export interface DetectionSetting {
  readonly threshold: number;
  readonly patience: number;
  readonly refractoryMs: number;
  readonly releaseRatio: number;
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
  return { samples: recording.length, endSamples: Float64Array.from(endSamples), posteriors: joined(posteriors) };
}

/** The scores of label `labelIndex` of `labels`: what the production smoother makes of its posteriors. */
export function scoresOf(
  { endSamples, posteriors }: PosteriorTrack,
  { labelIndex, labels, smoothingWindows }: { labelIndex: number; labels: number; smoothingWindows: number },
): ScoreTrack {
  const smoother = new Smoother(smoothingWindows, 1);
  const scores = Array.from(endSamples, (_, i) => {
    const at = i * labels + labelIndex;
    return smoother.push(posteriors.subarray(at, at + 1))[0]!;
  });
  return { endSamples: Array.from(endSamples), scores };
}

/**
 * Leaves out the windows in which a keyword does nothing: those below `floor`, but for the first of each run of them, which ends what was
 * before. Detections of any setting whose release is at or above `floor` stay the same, at a hundredth of the cost.
 */
export function withoutQuiet({ endSamples, scores }: ScoreTrack, floor: number): ScoreTrack {
  const kept = [...scores.keys()].filter((i) => scores[i]! >= floor || (i > 0 && scores[i - 1]! >= floor));
  return { endSamples: kept.map((i) => endSamples[i]!), scores: kept.map((i) => scores[i]!) };
}

/** Where the production detector fires: the end sample of each window that does. */
export function firingsOn({ endSamples, scores }: ScoreTrack, setting: DetectionSetting): number[] {
  const detector = new Detector([ruleOf(setting)]);
  const window = new Float32Array(1);
  return endSamples.filter((endSample, i) => {
    window[0] = scores[i]!;
    return detector.push({ scores: window, startSample: 0, endSample }).length > 0;
  });
}

function ruleOf({ threshold, patience, refractoryMs, releaseRatio }: DetectionSetting): KeywordRule {
  const refractorySamples = (refractoryMs * SAMPLE_RATE_HZ) / 1000;
  return { keyword: '', labelIndex: 0, threshold, release: threshold * releaseRatio, patience, refractorySamples };
}

function joined(parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

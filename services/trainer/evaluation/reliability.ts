/** Whether a model is as sure as it is right: the reliability diagram and its one-number summary. */

import type { Answer } from './clip-accuracy.ts';

/** Clips whose top posterior lies in `[low, high)`. */
export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  readonly clips: number;
  /** Mean top posterior. */
  readonly confidence: number;
  readonly accuracy: number;
}

export interface Reliability {
  readonly bins: readonly ReliabilityBin[];
  /** ECE (Guo et al., 2017): the mean gap between confidence and accuracy, weighted by clips. */
  readonly expectedCalibrationError: number;
}

const BINS = 15; // as in Guo et al.

/** Sorts answers into bins of equal width. */
export function reliabilityOf(answers: readonly Pick<Answer, 'truth' | 'predicted' | 'probability'>[]): Reliability {
  const bins = Array.from({ length: BINS }, (_, i): ReliabilityBin => {
    const inBin = answers.filter(({ probability }) => Math.min(BINS - 1, Math.floor(probability * BINS)) === i);
    const confidence = mean(inBin.map(({ probability }) => probability));
    const accuracy = mean(inBin.map(({ truth, predicted }) => Number(truth === predicted)));
    return { low: i / BINS, high: (i + 1) / BINS, clips: inBin.length, confidence, accuracy };
  });
  const gaps = bins.reduce((sum, { clips, confidence, accuracy }) => sum + clips * Math.abs(confidence - accuracy), 0);
  return { bins, expectedCalibrationError: answers.length === 0 ? 0 : gaps / answers.length };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

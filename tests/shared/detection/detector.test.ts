/** The detector's laws, on made-up scores. */

import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';

import { Detector, type Detection } from '#shared/detection/detector.ts';
import type { KeywordRule } from '#shared/detection/keyword-rules.ts';

const WINDOW_SAMPLES = 16_000;
const STRIDE_SAMPLES = 1280;
const KEYWORDS = ['yes', 'no'];

type Trace = readonly (readonly number[])[];

function rule(changes: Partial<KeywordRule> = {}): KeywordRule {
  return { keyword: 'yes', labelIndex: 0, threshold: 0.5, release: 0.4, patience: 1, refractorySamples: 0, ...changes };
}

/** Pushes one row of scores a window. */
function detect(rules: readonly KeywordRule[], trace: Trace, detector = new Detector(rules)): Detection[] {
  return trace.flatMap((scores, i) => detector.push(windowAt(i, scores)));
}

function windowAt(i: number, scores: readonly number[]) {
  const startSample = i * STRIDE_SAMPLES;
  return { scores: Float32Array.from(scores), startSample, endSample: startSample + WINDOW_SAMPLES };
}

const single = (...scores: number[]): Trace => scores.map((score) => [score]);
const windowsOf = (detections: readonly Detection[]): number[] =>
  detections.map(({ endSample }) => (endSample - WINDOW_SAMPLES) / STRIDE_SAMPLES);

// Quarters are exact in 32 bits, and thresholds among them meet scores exactly, where comparisons matter.
const quarter = fc.integer({ min: 0, max: 4 }).map((n) => n / 4);
const trace = fc.array(fc.tuple(quarter, quarter), { maxLength: 60 });
const ruleFor = (labelIndex: number): fc.Arbitrary<KeywordRule> =>
  fc
    .record({
      threshold: quarter,
      ratio: quarter,
      patience: fc.integer({ min: 1, max: 4 }),
      refractoryStrides: fc.integer({ min: 0, max: 10 }),
    })
    .map(({ threshold, ratio, patience, refractoryStrides }) => ({
      keyword: KEYWORDS[labelIndex]!,
      labelIndex,
      threshold,
      release: threshold * ratio,
      patience,
      refractorySamples: refractoryStrides * STRIDE_SAMPLES,
    }));

describe('one keyword', () => {
  test('fires in the window that reaches the threshold, not below it', () => {
    expect(detect([rule()], single(0.25, 0.5))).toEqual([
      { keyword: 'yes', score: 0.5, startSample: STRIDE_SAMPLES, endSample: STRIDE_SAMPLES + WINDOW_SAMPLES },
    ]);
    expect(detect([rule()], single(0.25, 0.499))).toEqual([]);
  });

  test('waits for as many windows in a row as patience says, and begins where the run began', () => {
    const [detection, ...others] = detect([rule({ patience: 3 })], single(0.75, 0.75, 0.25, 0.75, 0.75, 0.875, 0.75));

    expect(detection).toMatchObject({ score: 0.875, startSample: 3 * STRIDE_SAMPLES, endSample: 5 * STRIDE_SAMPLES + WINDOW_SAMPLES });
    expect(others).toEqual([]);
  });

  test('is held until its score falls below the release', () => {
    const held = single(0.75, 0.4375, 0.75, 0.4375, 0.75);
    const letGo = single(0.75, 0.25, 0.75);

    expect(windowsOf(detect([rule()], held))).toEqual([0]);
    expect(windowsOf(detect([rule()], letGo))).toEqual([0, 2]);
  });

  test('stays quiet for the refractory period, and not a sample longer', () => {
    const onAndOff = single(0.75, 0, 0.75, 0, 0.75);

    expect(windowsOf(detect([rule({ refractorySamples: 2 * STRIDE_SAMPLES })], onAndOff))).toEqual([0, 2, 4]);
    expect(windowsOf(detect([rule({ refractorySamples: 2 * STRIDE_SAMPLES + 1 })], onAndOff))).toEqual([0, 4]);
  });

  test('that is being said when the audio ends has been heard, though patience wants more windows', () => {
    const detector = new Detector([rule({ patience: 3 })]);
    expect(detect([], single(0.25, 0.5, 0.75), detector)).toEqual([]);

    expect(detector.finish()).toEqual([
      { keyword: 'yes', score: 0.75, startSample: STRIDE_SAMPLES, endSample: 2 * STRIDE_SAMPLES + WINDOW_SAMPLES },
    ]);
  });

  test.each([
    ['has been told already', {}, [0.5, 0.5]],
    ['is over', { patience: 2 }, [0.5, 0.25]],
    ['is within the refractory period', { patience: 1, refractorySamples: 9 * STRIDE_SAMPLES }, [0.5, 0.25, 0.5]],
  ])('is not told at the end of the audio if it %s', (_, changes, scores) => {
    const detector = new Detector([rule(changes)]);
    detect([], single(...scores), detector);

    expect(detector.finish()).toEqual([]);
  });

  test.prop([ruleFor(0), trace])('never fires twice within the refractory period', (anyRule, scores) => {
    const ends = detect([anyRule], scores).map(({ endSample }) => endSample);

    ends.slice(1).forEach((end, i) => expect(end - ends[i]!).toBeGreaterThanOrEqual(anyRule.refractorySamples));
  });

  test.prop([ruleFor(0), trace])('fires only at the end of a run of patience windows at or above the threshold', (anyRule, scores) => {
    for (const window of windowsOf(detect([anyRule], scores))) {
      const run = scores.slice(window + 1 - anyRule.patience, window + 1);

      expect(run).toHaveLength(anyRule.patience);
      expect(Math.min(...run.map(([score]) => score))).toBeGreaterThanOrEqual(anyRule.threshold);
    }
  });

  test.prop([ruleFor(0), trace])('falls below the release between any two detections', (anyRule, scores) => {
    const windows = windowsOf(detect([anyRule], scores));

    windows.slice(1).forEach((window, i) => {
      expect(Math.min(...scores.slice(windows[i], window).map(([score]) => score))).toBeLessThan(anyRule.release);
    });
  });

  // More detections can come of a higher threshold: a dip splits one long run into two. What holds is that it never hears sooner.
  test.prop([ruleFor(0), quarter, trace])('raising the threshold never makes the first detection earlier', (low, raise, scores) => {
    const high = { ...low, threshold: Math.min(1, low.threshold + raise) };

    const [firstLow = Infinity] = windowsOf(detect([low], scores));
    const [firstHigh = Infinity] = windowsOf(detect([high], scores));

    expect(firstHigh).toBeGreaterThanOrEqual(firstLow);
  });
});

describe('several keywords', () => {
  test('fire in the same window', () => {
    const rules = [rule(), rule({ keyword: 'no', labelIndex: 1 })];

    expect(detect(rules, [[0.5, 0.5]]).map(({ keyword }) => keyword)).toEqual(['yes', 'no']);
  });

  test.prop([ruleFor(0), ruleFor(1), trace])('never block one another', (yes, no, scores) => {
    const together = detect([yes, no], scores);

    expect(together.filter(({ keyword }) => keyword === 'yes')).toEqual(detect([yes], scores));
    expect(together.filter(({ keyword }) => keyword === 'no')).toEqual(detect([no], scores));
  });
});

describe('other rules while listening', () => {
  test('keep what is held', () => {
    const detector = new Detector([rule()]);
    detector.push(windowAt(0, [0.75]));

    detector.configure([rule({ threshold: 0.7 })]);

    expect(detector.push(windowAt(1, [0.75]))).toEqual([]);
  });

  test('end the run of a keyword that is left out', () => {
    const patient = rule({ patience: 2 });
    const detector = new Detector([patient]);
    detector.push(windowAt(0, [0.75]));

    detector.configure([]);
    detector.push(windowAt(1, [0.75]));
    detector.configure([patient]);

    expect(detector.push(windowAt(2, [0.75]))).toEqual([]);
    expect(detector.push(windowAt(3, [0.75]))).toMatchObject([{ startSample: 2 * STRIDE_SAMPLES }]);
  });
});

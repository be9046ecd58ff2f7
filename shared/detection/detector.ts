/** Decides when a keyword counts as heard: threshold with hysteresis, patience and refractory, each keyword on its own. */

import type { KeywordRule } from '#shared/detection/keyword-rules.ts';

/** One window's scores. The only clock is the stream's sample index. */
export interface ScoredWindow {
  /** In label order, see `Smoother`. */
  readonly scores: Float32Array;
  readonly startSample: number;
  readonly endSample: number;
}

/** A keyword was heard. */
export interface Detection {
  readonly keyword: string;
  /** Of the window that fired, in [0, 1]. */
  readonly score: number;
  /** Where the first window of the run began. */
  readonly startSample: number;
  /** Where the window that fired ended. */
  readonly endSample: number;
}

/** What is remembered of one keyword between windows. */
interface KeywordState {
  /** Windows in a row at or above the threshold, up to now. */
  runWindows: number;
  runStartSample: number;
  /** From a detection until the score falls below `release`. */
  isHeld: boolean;
  lastDetectionSample: number;
  /** Of the last window of the run. */
  lastScore: number;
  lastEndSample: number;
}

const NO_DETECTIONS: readonly Detection[] = [];

/**
 * Turns scores into detections. A keyword fires when its score has been at or above its threshold for `patience` windows in a row,
 * it is not held, and its last detection is at least the refractory period ago. Keywords never block one another. Where the audio ends,
 * a run ends too, and fires without the windows it could not have.
 */
export class Detector {
  #rules: readonly KeywordRule[];
  readonly #states = new Map<string, KeywordState>();

  constructor(rules: readonly KeywordRule[]) {
    this.#rules = rules;
  }

  /** Puts other rules in force from the next window on. What is held or quiet stays so; a keyword that has no rule ends its run. */
  configure(rules: readonly KeywordRule[]): void {
    this.#rules = rules;
    for (const [keyword, state] of this.#states) {
      if (!rules.some((rule) => rule.keyword === keyword)) state.runWindows = 0;
    }
  }

  /** Ends all runs: the next window does not follow the last one. What is held or quiet stays so. */
  interrupt(): void {
    for (const state of this.#states.values()) state.runWindows = 0;
  }

  /** Returns the detections this window causes, in the order of the rules; usually none. */
  push(window: ScoredWindow): readonly Detection[] {
    let detections: Detection[] | undefined; // most windows cause none, and then nothing is allocated
    for (const rule of this.#rules) {
      const detection = this.#advance(rule, window);
      if (detection) (detections ??= []).push(detection);
    }
    return detections ?? NO_DETECTIONS;
  }

  /**
   * The audio has ended, and no more windows come: a keyword that was at or above its threshold to the last has been heard, however many
   * windows its patience still wanted. Call it once.
   */
  finish(): readonly Detection[] {
    return this.#rules.flatMap((rule) => {
      const state = this.#stateOf(rule.keyword);
      return state.runWindows > 0 && isFree(rule, state, state.lastEndSample) ? [fire(rule, state)] : [];
    });
  }

  #advance(rule: KeywordRule, window: ScoredWindow): Detection | undefined {
    const state = this.#stateOf(rule.keyword);
    const score = window.scores[rule.labelIndex]!;
    if (score < rule.release) state.isHeld = false;
    if (score < rule.threshold) {
      state.runWindows = 0;
      return undefined;
    }
    if (state.runWindows === 0) state.runStartSample = window.startSample;
    state.runWindows++;
    state.lastScore = score;
    state.lastEndSample = window.endSample;
    return state.runWindows >= rule.patience && isFree(rule, state, window.endSample) ? fire(rule, state) : undefined;
  }

  #stateOf(keyword: string): KeywordState {
    let state = this.#states.get(keyword);
    if (!state) {
      state = { runWindows: 0, runStartSample: 0, isHeld: false, lastDetectionSample: -Infinity, lastScore: 0, lastEndSample: 0 };
      this.#states.set(keyword, state);
    }
    return state;
  }
}

/** Whether nothing but patience keeps the keyword from firing. */
function isFree(rule: KeywordRule, state: KeywordState, endSample: number): boolean {
  return !state.isHeld && endSample - state.lastDetectionSample >= rule.refractorySamples;
}

function fire({ keyword }: KeywordRule, state: KeywordState): Detection {
  state.isHeld = true;
  state.lastDetectionSample = state.lastEndSample;
  return { keyword, score: state.lastScore, startSample: state.runStartSample, endSample: state.lastEndSample };
}

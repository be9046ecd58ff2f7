/** The figures of a streaming evaluation at a model's own operating points, and what other thresholds would give. */

import type { Manifest } from '#shared/model/manifest.ts';

import { THRESHOLDS } from './operating-points.ts';
import type { DetectionSetting } from './posterior-track.ts';
import type { Condition } from './scene.ts';
import {
  figuresAt,
  keywordScores,
  quantile,
  SAMPLES_PER_HOUR,
  underCondition,
  type Hearing,
  type KeywordFigures,
  type KeywordScores,
} from './streaming.ts';

/** `KeywordFigures` with its latencies summed up. */
export interface FiguresSummary extends Omit<KeywordFigures, 'latenciesMs'> {
  readonly latencyMedianMs: number | undefined;
  readonly latencyP95Ms: number | undefined;
}

/** One point of a DET curve. */
export interface DetPoint {
  readonly threshold: number;
  readonly falseRejectRate: number;
  readonly falseAcceptsPerHour: number;
  /** 0 where none was heard. */
  readonly otherWordsFalseAcceptsPerHour: number;
}

export interface KeywordReport {
  readonly keyword: string;
  readonly setting: DetectionSetting;
  readonly all: FiguresSummary;
  readonly perCondition: readonly (FiguresSummary & { readonly condition: string })[];
  /** By threshold, all else as in `setting`. */
  readonly det: readonly DetPoint[];
  /** The least share of words missed at a threshold that keeps to a budget of false accepts. */
  readonly atBudget: readonly { readonly falseAcceptsPerHour: number; readonly falseRejectRate: number | undefined }[];
}

/** Of all keywords together. What has no transcript may hold words that then count as false accepts. */
export interface SpeechKnowledge {
  /** How much of the speech has no transcript, at most, of any keyword; each condition counts it anew. */
  readonly untranscribedHours: number;
  readonly falseAcceptsThere: number;
  readonly hasAny: boolean;
}

/** Of all keywords together, on words of no keyword that follow each other. */
export interface OtherWordsSummary {
  /** Different ones; each condition counts them anew. */
  readonly words: number;
  readonly distinctHours: number;
  readonly falseAccepts: number;
  readonly falseAcceptsPerHour: number;
}

export interface StreamingReport {
  readonly split: string;
  readonly conditions: readonly string[];
  /** Of different speech; each condition counts it anew. */
  readonly distinctSpeechHours: number;
  /** How far it is known what is said in the speech. */
  readonly transcripts: SpeechKnowledge;
  /** Where there are clips of other words. */
  readonly otherWords?: OtherWordsSummary;
  readonly keywords: readonly KeywordReport[];
  /** All keywords together: every false accept of any of them, the mean share of words missed. */
  readonly falseRejectRate: number;
  readonly falseAcceptsPerHour: number;
  readonly latencyMedianMs: number | undefined;
  readonly latencyP95Ms: number | undefined;
  /** Words by latency, in steps of `LATENCY_STEP_MS`. */
  readonly latencies: readonly { readonly fromMs: number; readonly words: number }[];
}

/** Half a stride of the shipped models. */
export const LATENCY_STEP_MS = 40;
const BUDGETS_PER_HOUR = [0.1, 0.5, 1, 2];

/** Judges what a model has heard by the operating points of its manifest. */
export function reportStreaming(hearing: Hearing, { manifest, split }: { manifest: Manifest; split: string }): StreamingReport {
  const conditions = [...new Map(hearing.words.map(({ condition }) => [condition.name, condition])).values()];
  const keywords = manifest.keywords.filter((keyword) => hearing.words.some((track) => track.keyword === keyword));
  const reports = keywords.map((keyword) => reportKeyword(keyword, { hearing, manifest, conditions }));
  const latenciesMs = reports.flatMap(({ latenciesMs: latencies }) => latencies).sort((a, b) => a - b);
  const otherWords = otherWordsOf(
    hearing,
    reports.map(({ report }) => report),
  );
  const distinctHours = reports.map(({ report }) => report.all.speechHours / conditions.length);
  return {
    split,
    conditions: conditions.map(({ name }) => name),
    distinctSpeechHours: Math.max(0, ...distinctHours),
    transcripts: knowledgeOf(
      hearing,
      reports.map(({ report }) => report),
    ),
    ...(otherWords && { otherWords }),
    keywords: reports.map(({ report }) => report),
    falseRejectRate: sum(reports.map(({ report }) => report.all.falseRejectRate)) / Math.max(1, reports.length),
    falseAcceptsPerHour: sum(reports.map(({ report }) => report.all.falseAcceptsPerHour)),
    latencyMedianMs: quantile(latenciesMs, 0.5),
    latencyP95Ms: quantile(latenciesMs, 0.95),
    latencies: histogram(latenciesMs),
  };
}

function knowledgeOf({ speech }: Hearing, reports: readonly KeywordReport[]): SpeechKnowledge {
  const untranscribed = reports.map(({ all }) => all.untranscribed);
  return {
    untranscribedHours: Math.max(0, ...untranscribed.map(({ speechHours }) => speechHours)),
    falseAcceptsThere: sum(untranscribed.map(({ falseAccepts }) => falseAccepts)),
    hasAny: speech.some(({ isTranscribed }) => isTranscribed),
  };
}

function otherWordsOf({ otherWords }: Hearing, reports: readonly KeywordReport[]): OtherWordsSummary | undefined {
  if (otherWords.length === 0) return undefined;
  const conditions = new Set(otherWords.map(({ condition }) => condition.name)).size;
  const falseAccepts = sum(reports.map(({ all }) => all.otherWords.falseAccepts));
  return {
    words: sum(otherWords.map(({ words }) => words)) / conditions,
    distinctHours: sum(otherWords.map(({ track }) => track.samples)) / SAMPLES_PER_HOUR / conditions,
    falseAccepts,
    falseAcceptsPerHour: sum(reports.map(({ all }) => all.otherWords.falseAcceptsPerHour)),
  };
}

interface KeywordContext {
  readonly hearing: Hearing;
  readonly manifest: Manifest;
  readonly conditions: readonly Condition[];
}

function reportKeyword(
  keyword: string,
  { hearing, manifest, conditions }: KeywordContext,
): { readonly report: KeywordReport; readonly latenciesMs: readonly number[] } {
  const { releaseRatio, smoothingWindows } = manifest.detection;
  const { threshold, patience, refractoryMs } = manifest.operatingPoints[keyword]!;
  const setting = { threshold, patience, refractoryMs, releaseRatio };
  const floor = Math.min(threshold, THRESHOLDS[0]!) * releaseRatio;
  const scores = keywordScores(hearing, keyword, { smoothingWindows, floor });
  const figures = figuresAt(setting, scores);
  const det = detCurve(setting, scores);
  const perCondition = conditions.map((condition) => ({
    condition: condition.name,
    ...summed(figuresAt(setting, underCondition(scores, condition))),
  }));
  const atBudget = BUDGETS_PER_HOUR.map((falseAcceptsPerHour) => ({
    falseAcceptsPerHour,
    falseRejectRate: leastMissed(det, falseAcceptsPerHour),
  }));
  return { report: { keyword, setting, all: summed(figures), perCondition, det, atBudget }, latenciesMs: figures.latenciesMs };
}

function detCurve(setting: DetectionSetting, scores: KeywordScores): DetPoint[] {
  return THRESHOLDS.map((threshold) => {
    const { falseRejectRate, falseAcceptsPerHour, otherWords } = figuresAt({ ...setting, threshold }, scores);
    return { threshold, falseRejectRate, falseAcceptsPerHour, otherWordsFalseAcceptsPerHour: otherWords.falseAcceptsPerHour };
  });
}

function leastMissed(det: readonly DetPoint[], budgetPerHour: number): number | undefined {
  const within = det.filter(({ falseAcceptsPerHour }) => falseAcceptsPerHour <= budgetPerHour);
  return within.length === 0 ? undefined : Math.min(...within.map(({ falseRejectRate }) => falseRejectRate));
}

function summed({ latenciesMs, ...figures }: KeywordFigures): FiguresSummary {
  return { ...figures, latencyMedianMs: quantile(latenciesMs, 0.5), latencyP95Ms: quantile(latenciesMs, 0.95) };
}

function histogram(ascending: readonly number[]): StreamingReport['latencies'] {
  if (ascending.length === 0) return [];
  const stepOf = (latencyMs: number): number => Math.floor(latencyMs / LATENCY_STEP_MS);
  const first = stepOf(ascending[0]!);
  const counts = Array.from({ length: stepOf(ascending.at(-1)!) - first + 1 }, () => 0);
  for (const latencyMs of ascending) counts[stepOf(latencyMs) - first]!++;
  return counts.map((words, i) => ({ fromMs: (first + i) * LATENCY_STEP_MS, words }));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Chooses how each keyword is detected: the setting that misses the fewest words while it imagines no more than a budget and is not late. */

import { figuresAt, keywordScores, quantile, type Hearing, type KeywordFigures, type KeywordScores } from './streaming.ts';
import type { DetectionSetting } from './posterior-track.ts';

/** What an operating point has to keep to. */
export interface Requirements {
  /** False accepts of each keyword on continuous speech. */
  readonly falseAcceptsPerHour: number;
  /** From the end of a word to its event. */
  readonly latencyMedianMs: number;
  readonly latencyP95Ms: number;
}

/** A setting and what it costs. */
export interface OperatingChoice {
  readonly setting: DetectionSetting;
  readonly figures: KeywordFigures;
  /** Whether it keeps to the requirements; if nothing does, the choice is the nearest thing to it. */
  readonly isWithin: boolean;
}

/** The choices of a model; all keywords are smoothed alike. */
export interface OperatingPlan {
  readonly smoothingWindows: number;
  readonly keywords: ReadonlyMap<string, OperatingChoice>;
}

const SMOOTHING_WINDOWS = [1, 2, 3, 4, 5];
const PATIENCE_WINDOWS = [1, 2, 3, 4, 5];
const REFRACTORY_MS = [400, 700, 1000, 1500, 2000];
/** While thresholds are compared; no two words of a stream follow each other faster. */
const SEARCH_REFRACTORY_MS = 1000;
const MIN_THRESHOLD = 0.2;
const MAX_COARSE_THRESHOLD = 0.99;
const THRESHOLD_STEP = 0.01;
/** A model that is sure of a word is so by its logit: from 0.99 to 0.999 it is as far as from 0.9 to 0.99. */
const FINE_THRESHOLDS = [0.993, 0.995, 0.997, 0.998, 0.999];
/** A keyword that is missed more often than this is of no use, however quiet it keeps. */
const MAX_FALSE_REJECT_RATE = 0.25;
/** A word that comes this many times as late as it should is better than one that does not come, where it spares so many of those missed. */
const WORTHWHILE_LATENESS = 2;
const WORTHWHILE_MISSES = 0.6;
/** In words missed, where plans of different smoothing are compared. */
const COST_OF_LATENESS = 0.02;
/** A refractory period is long enough when no more than this share of the words is reported twice. */
const MAX_REPEATED = 0.005;

/** Every threshold that is tried, ascending. */
export const THRESHOLDS: readonly number[] = [
  ...Array.from(
    { length: Math.round((MAX_COARSE_THRESHOLD - MIN_THRESHOLD) / THRESHOLD_STEP) + 1 },
    (_, i) => Math.round((MIN_THRESHOLD + i * THRESHOLD_STEP) * 100) / 100,
  ),
  ...FINE_THRESHOLDS,
];

interface Search {
  readonly releaseRatio: number;
  readonly requirements: Requirements;
}

/** Searches smoothing, patience and threshold together, then the shortest refractory period that does for them. */
export function planOperatingPoints(
  hearing: Hearing,
  { onProgress = () => undefined, ...search }: Search & { onProgress?: (share: number) => void },
): OperatingPlan {
  const plans = SMOOTHING_WINDOWS.map((smoothingWindows, i) => {
    const plan = planWith(hearing, { smoothingWindows, ...search });
    onProgress((i + 1) / SMOOTHING_WINDOWS.length);
    return plan;
  });
  return plans.reduce((best, plan) => (costOf(plan, search.requirements) < costOf(best, search.requirements) ? plan : best));
}

/**
 * The best of some candidates: fewest misses within the requirements, or far fewer a little later; else within the budget, however late; else the
 * quietest of any use.
 */
export function bestChoice(candidates: readonly Omit<OperatingChoice, 'isWithin'>[], requirements: Requirements): OperatingChoice {
  const useful = candidates.filter(({ figures }) => figures.falseRejectRate <= MAX_FALSE_REJECT_RATE);
  const quiet = useful.filter(({ figures }) => figures.falseAcceptsPerHour <= requirements.falseAcceptsPerHour);
  const timely = least(
    quiet.filter((candidate) => isTimely(candidate, requirements)),
    byMisses,
  );
  const late = least(
    quiet.filter((candidate) => isTimely(candidate, requirements, WORTHWHILE_LATENESS)),
    byMisses,
  );
  const isWorthwhile = timely && late && late.figures.missed <= WORTHWHILE_MISSES * timely.figures.missed;
  const best =
    (isWorthwhile ? late : timely) ?? late ?? least(quiet, byMisses) ?? least(useful, byFalseAccepts) ?? least(candidates, byMisses);
  if (!best) throw new RangeError('no setting was tried');
  return { ...best, isWithin: quiet.includes(best) && isTimely(best, requirements) };
}

function isTimely(
  { figures: { latenciesMs } }: Pick<OperatingChoice, 'figures'>,
  { latencyMedianMs, latencyP95Ms }: Requirements,
  lateness = 1,
): boolean {
  return (quantile(latenciesMs, 0.5) ?? 0) <= lateness * latencyMedianMs && (quantile(latenciesMs, 0.95) ?? 0) <= lateness * latencyP95Ms;
}

function planWith(
  hearing: Hearing,
  { smoothingWindows, releaseRatio, requirements }: Search & { smoothingWindows: number },
): OperatingPlan {
  const heard = hearing.manifest.keywords.filter((keyword) => hearing.words.some((track) => track.keyword === keyword));
  const keywords = heard.map((keyword) => {
    const scores = keywordScores(hearing, keyword, { smoothingWindows, floor: MIN_THRESHOLD * releaseRatio });
    const choice = bestChoice(candidatesOf(scores, releaseRatio), requirements);
    return [keyword, withRefractory(choice, scores)] as const;
  });
  return { smoothingWindows, keywords: new Map(keywords) };
}

function candidatesOf(scores: KeywordScores, releaseRatio: number): Omit<OperatingChoice, 'isWithin'>[] {
  return PATIENCE_WINDOWS.flatMap((patience) =>
    THRESHOLDS.map((threshold) => {
      const setting = { threshold, patience, refractoryMs: SEARCH_REFRACTORY_MS, releaseRatio };
      return { setting, figures: figuresAt(setting, scores) };
    }),
  );
}

/** A shorter refractory period lets a word be said again sooner. */
function withRefractory({ setting, isWithin }: OperatingChoice, scores: KeywordScores): OperatingChoice {
  const choices = REFRACTORY_MS.map((refractoryMs) => {
    const candidate = { ...setting, refractoryMs };
    return { setting: candidate, figures: figuresAt(candidate, scores), isWithin };
  });
  const searched = choices.find(({ setting: { refractoryMs } }) => refractoryMs === SEARCH_REFRACTORY_MS)!;
  const isGood = ({ figures }: OperatingChoice): boolean =>
    figures.repeated <= MAX_REPEATED * figures.words && figures.falseAccepts <= searched.figures.falseAccepts;
  return choices.find(isGood) ?? searched;
}

/** The mean share of words missed; a keyword outside the requirements counts as missed, a little late as missed a little more often. */
function costOf({ keywords }: OperatingPlan, requirements: Requirements): number {
  const costs = [...keywords.values()].map((choice) => {
    const { isWithin, figures } = choice;
    const isALittleLate =
      figures.falseAcceptsPerHour <= requirements.falseAcceptsPerHour && isTimely(choice, requirements, WORTHWHILE_LATENESS);
    const excess = isALittleLate ? COST_OF_LATENESS : 1;
    return figures.falseRejectRate + (isWithin ? 0 : excess);
  });
  return costs.reduce((sum, cost) => sum + cost, 0) / Math.max(1, costs.length);
}

type Candidate = Omit<OperatingChoice, 'isWithin'>;

/**
 * Fewest misses; among equals fewest false accepts on speech, then on other words, then the highest threshold: it is the one that strangers set
 * off least.
 */
function byMisses(a: Candidate, b: Candidate): number {
  return (
    a.figures.missed - b.figures.missed ||
    a.figures.falseAccepts - b.figures.falseAccepts ||
    a.figures.otherWords.falseAccepts - b.figures.otherWords.falseAccepts ||
    b.setting.threshold - a.setting.threshold
  );
}

function byFalseAccepts(a: Candidate, b: Candidate): number {
  return a.figures.falseAccepts - b.figures.falseAccepts || byMisses(a, b);
}

function least(candidates: readonly Candidate[], compare: (a: Candidate, b: Candidate) => number): Candidate | undefined {
  return candidates.reduce<Candidate | undefined>(
    (best, candidate) => (best && compare(best, candidate) <= 0 ? best : candidate),
    undefined,
  );
}

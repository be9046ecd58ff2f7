/** From a model's operating points and a session's knobs to the rule each keyword is detected by. */

import { DetectionError } from '#shared/detection/detection-error.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import type { Manifest } from '#shared/model/manifest.ts';

/** What a session may change about detection; what is absent stays as the model's operating points have it. */
export interface Knobs {
  /** The keywords to detect; all of the model's when absent. */
  readonly keywords?: readonly string[] | undefined;
  /** In [0, 1]; one for all keywords, or one a keyword. */
  readonly threshold?: number | Readonly<Record<string, number>> | undefined;
  /** Windows in a row at or above the threshold. */
  readonly patience?: number | undefined;
  readonly refractoryMs?: number | undefined;
}

/** When one keyword counts as heard. */
export interface KeywordRule {
  readonly keyword: string;
  /** Where the keyword's score stands among the scores of a window. */
  readonly labelIndex: number;
  readonly threshold: number;
  /** Below this score the keyword is let go. */
  readonly release: number;
  readonly patience: number;
  readonly refractorySamples: number;
}

/**
 * Gives one rule for each keyword in force, in the model's order.
 *
 * @throws {DetectionError} `unknown_keyword` if a knob names a keyword that the model does not have
 */
export function keywordRules(manifest: Manifest, knobs: Knobs = {}): readonly KeywordRule[] {
  assertKnown(manifest, knobs);
  const { keywords = manifest.keywords } = knobs;
  return manifest.keywords.filter((keyword) => keywords.includes(keyword)).map((keyword) => ruleOf(keyword, manifest, knobs));
}

/** Knobs that were made for another model, as far as they fit this one, and the keywords it does not have. */
export function fittingKnobs({ keywords }: Manifest, knobs: Knobs): { readonly knobs: Knobs; readonly missingKeywords: readonly string[] } {
  const has = (keyword: string): boolean => keywords.includes(keyword);
  const { threshold } = knobs;
  const thresholds = typeof threshold === 'object' ? threshold : {};
  const fitting = typeof threshold === 'object' ? Object.fromEntries(Object.entries(threshold).filter(([name]) => has(name))) : threshold;
  const asked = [...(knobs.keywords ?? []), ...Object.keys(thresholds)];
  return {
    knobs: { ...knobs, keywords: knobs.keywords?.filter(has), threshold: fitting },
    missingKeywords: [...new Set(asked)].filter((keyword) => !has(keyword)),
  };
}

function assertKnown({ name, keywords }: Manifest, knobs: Knobs): void {
  const thresholds = typeof knobs.threshold === 'object' ? Object.keys(knobs.threshold) : [];
  const unknown = [...(knobs.keywords ?? []), ...thresholds].find((keyword) => !keywords.includes(keyword));
  if (unknown === undefined) return;
  throw new DetectionError('unknown_keyword', `model ${name} has no keyword ${JSON.stringify(unknown)}, it has ${keywords.join(', ')}`);
}

function ruleOf(keyword: string, { labels, operatingPoints, detection }: Manifest, knobs: Knobs): KeywordRule {
  const point = operatingPoints[keyword];
  if (!point) throw new RangeError(`keyword ${keyword} has no operating point`);
  const threshold = thresholdOf(keyword, knobs) ?? point.threshold;
  return {
    keyword,
    labelIndex: labels.indexOf(keyword),
    threshold,
    release: threshold * detection.releaseRatio,
    patience: knobs.patience ?? point.patience,
    refractorySamples: ((knobs.refractoryMs ?? point.refractoryMs) * SAMPLE_RATE_HZ) / 1000,
  };
}

function thresholdOf(keyword: string, { threshold }: Knobs): number | undefined {
  if (typeof threshold !== 'object') return threshold;
  return Object.hasOwn(threshold, keyword) ? threshold[keyword] : undefined;
}

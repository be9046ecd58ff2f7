/** Whether a candidate may take over: its figures beside the incumbent's, rule by rule. */

import Table from 'cli-table3';

import type { GateRules } from './gate-rules.ts';

/** How good a model is, on the sets that both were judged on. */
export interface ModelFigures {
  readonly version: string;
  readonly keywords: readonly string[];
  /** Share of the test clips named right. */
  readonly accuracy: number;
  /** In continuous speech and noise; absent where that was left out. */
  readonly streaming?: StreamingFigures | undefined;
}

export interface StreamingFigures {
  /** Mean over the keywords. */
  readonly falseAcceptsPerHour: number;
  /** Mean share of words missed. */
  readonly falseRejectRate: number;
}

/** The two sides. `costRatio`: the candidate's time in the kernel over the incumbent's. */
export interface Contest {
  readonly candidate: ModelFigures;
  readonly incumbent?: { readonly figures: ModelFigures; readonly costRatio: number } | undefined;
}

/** One rule's outcome, ready to be shown. */
export interface RuleOutcome {
  readonly rule: string;
  readonly incumbent: string;
  readonly candidate: string;
  readonly limit: string;
  readonly holds: boolean;
}

export interface Verdict {
  readonly passes: boolean;
  readonly outcomes: readonly RuleOutcome[];
}

/** Judges a candidate. Without an incumbent only the absolute rules count. */
export function judge(contest: Contest, rules: GateRules): Verdict {
  const outcomes = [...accuracyRules(contest, rules), ...streamingRules(contest, rules), ...comparisons(contest, rules)];
  return { passes: outcomes.every(({ holds }) => holds), outcomes };
}

/** The verdict for people, as a table. */
export function formatVerdict({ passes, outcomes }: Verdict): string {
  const table = new Table({ head: ['rule', 'incumbent', 'candidate', 'limit', ''], style: { head: [], border: [], compact: true } });
  for (const { rule, incumbent, candidate, limit, holds } of outcomes)
    table.push([rule, incumbent, candidate, limit, holds ? 'holds' : 'FAILS']);
  return `${table.toString()}\n${passes ? 'the candidate may be published' : 'the candidate is not good enough'}\n`;
}

/** The verdict in Markdown, for a run's files. */
export function verdictMarkdown({ passes, outcomes }: Verdict): string {
  const rows = outcomes.map(
    ({ rule, incumbent, candidate, limit, holds }) =>
      `| ${[rule, incumbent, candidate, limit, holds ? 'holds' : '**fails**'].join(' | ')} |`,
  );
  return ['| rule | incumbent | candidate | limit | |', '|---|---|---|---|---|', ...rows, '', passes ? 'Passed.' : 'Refused.', ''].join(
    '\n',
  );
}

function accuracyRules({ candidate, incumbent }: Contest, rules: GateRules): RuleOutcome[] {
  const floor = incumbent ? Math.max(rules.minAccuracy, incumbent.figures.accuracy + rules.minAccuracyGain) : rules.minAccuracy;
  return [
    {
      rule: 'accuracy on the test clips',
      incumbent: incumbent ? percent(incumbent.figures.accuracy) : '',
      candidate: percent(candidate.accuracy),
      limit: `≥ ${percent(floor)}`,
      holds: candidate.accuracy >= floor,
    },
  ];
}

function streamingRules({ candidate, incumbent }: Contest, rules: GateRules): RuleOutcome[] {
  const own = candidate.streaming;
  if (!own) return [];
  const other = incumbent?.figures.streaming;
  const falseAccepts = other
    ? Math.min(rules.maxFalseAcceptsPerHour, other.falseAcceptsPerHour + rules.maxFalseAcceptsRise)
    : rules.maxFalseAcceptsPerHour;
  const falseRejects = other && other.falseRejectRate + rules.maxFalseRejectRise;
  return [
    {
      rule: 'false accepts per hour and keyword',
      incumbent: other?.falseAcceptsPerHour.toFixed(3) ?? '',
      candidate: own.falseAcceptsPerHour.toFixed(3),
      limit: `≤ ${falseAccepts.toFixed(3)}`,
      holds: own.falseAcceptsPerHour <= falseAccepts,
    },
    {
      rule: 'words missed in streams',
      incumbent: other ? percent(other.falseRejectRate) : '',
      candidate: percent(own.falseRejectRate),
      limit: falseRejects === undefined ? '' : `≤ ${percent(falseRejects)}`,
      holds: falseRejects === undefined || own.falseRejectRate <= falseRejects,
    },
  ];
}

function comparisons({ candidate, incumbent }: Contest, rules: GateRules): RuleOutcome[] {
  if (!incumbent) return [];
  const lost = incumbent.figures.keywords.filter((keyword) => !candidate.keywords.includes(keyword));
  return [
    {
      rule: 'time in the kernel',
      incumbent: '1',
      candidate: incumbent.costRatio.toFixed(2),
      limit: `≤ ${rules.maxCostRatio.toFixed(2)}`,
      holds: incumbent.costRatio <= rules.maxCostRatio,
    },
    {
      rule: 'keywords',
      incumbent: String(incumbent.figures.keywords.length),
      candidate: lost.length === 0 ? String(candidate.keywords.length) : `without ${lost.join(', ')}`,
      limit: rules.mayLoseKeywords ? '' : 'none lost',
      holds: rules.mayLoseKeywords || lost.length === 0,
    },
  ];
}

function percent(value: number): string {
  return `${(100 * value).toFixed(2)} %`;
}

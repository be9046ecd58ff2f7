/** Conditions on runs, a part of MLflow's own filter language: `metrics.testAccuracy > 0.9 and params.seed = '3'`. */

import { TrackingError } from './tracking-error.ts';
import type { RunRecord } from './tracking-store.ts';

type Comparator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'like';

interface Condition {
  readonly subject: 'metrics' | 'params' | 'tags' | 'attributes';
  readonly key: string;
  readonly comparator: Comparator;
  readonly value: string | number;
}

const CONDITION =
  /^\s*(?:(metrics?|params?|tags?|attributes?)\s*\.\s*)?(?:`([^`]+)`|"([^"]+)"|([\w./-]+))\s*(!=|<=|>=|=|<|>|\blike\b)\s*('(?:[^']|'')*'|[-+]?[\d.]+(?:e[-+]?\d+)?)\s*/i;
const AND = /^and\b/i;
const SUBJECTS: Readonly<Record<string, Condition['subject']>> = {
  metric: 'metrics',
  metrics: 'metrics',
  param: 'params',
  params: 'params',
  tag: 'tags',
  tags: 'tags',
  attribute: 'attributes',
  attributes: 'attributes',
};
const ATTRIBUTES = ['status', 'name', 'run_id'] as const;

/**
 * Reads conditions joined by `and`: `metrics.KEY` with a number, `params.KEY`, `tags.KEY` and `status`, `name`, `run_id` with a
 * text in single quotes; `like` knows `%` and `_`. Nothing at all fits every run.
 *
 * @throws {TrackingError} `invalid_where`
 */
export function parseWhere(text: string): (run: RunRecord) => boolean {
  const conditions: Condition[] = [];
  let rest = text.trim();
  while (rest !== '') {
    if (conditions.length > 0) rest = afterAnd(rest, text);
    const match = CONDITION.exec(rest);
    if (!match) throw invalid(text, `not understood from ${JSON.stringify(rest)} on`);
    conditions.push(conditionOf(match, text));
    rest = rest.slice(match[0].length);
  }
  return (run) => conditions.every((condition) => fits(run, condition));
}

function afterAnd(rest: string, text: string): string {
  if (!AND.test(rest)) throw invalid(text, `"and" expected before ${JSON.stringify(rest)}`);
  return rest.replace(AND, '');
}

function conditionOf(match: RegExpExecArray, text: string): Condition {
  const [, prefix, ticked, quoted, plain, comparator = '', literal = ''] = match;
  const subject = SUBJECTS[(prefix ?? 'attributes').toLowerCase()] ?? 'attributes';
  const key = ticked ?? quoted ?? plain ?? '';
  const value = literal.startsWith("'") ? literal.slice(1, -1).replaceAll("''", "'") : Number(literal);
  const condition: Condition = { subject, key, comparator: comparator.toLowerCase() as Comparator, value };
  const fault = faultOf(condition);
  if (fault !== undefined) throw invalid(text, fault);
  return condition;
}

function faultOf({ subject, key, comparator, value }: Condition): string | undefined {
  if (subject === 'metrics') {
    if (typeof value !== 'number' || Number.isNaN(value) || comparator === 'like') return `metrics.${key} is compared with a number`;
    return undefined;
  }
  if (subject === 'attributes' && !(ATTRIBUTES as readonly string[]).includes(key)) return `${key} is none of ${ATTRIBUTES.join(', ')}`;
  if (typeof value !== 'string') return `${key} is compared with a text in single quotes`;
  return ['=', '!=', 'like'].includes(comparator) ? undefined : `${key} is a text: only =, != and like compare it`;
}

function fits(run: RunRecord, { subject, key, comparator, value }: Condition): boolean {
  const found = subject === 'attributes' ? attributeOf(run, key) : run[subject].get(key);
  if (found === undefined) return false;
  switch (comparator) {
    case '=':
      return found === value;
    case '!=':
      return found !== value;
    case '<':
      return found < value;
    case '<=':
      return found <= value;
    case '>':
      return found > value;
    case '>=':
      return found >= value;
    case 'like':
      return patternOf(String(value)).test(String(found));
  }
}

function attributeOf({ status, name, runId }: RunRecord, key: string): string | undefined {
  return { status, name, run_id: runId }[key];
}

/** SQL's pattern: `%` stands for any text, `_` for one character. */
function patternOf(pattern: string): RegExp {
  const escaped = pattern.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll('%', '.*').replaceAll('_', '.')}$`, 's');
}

function invalid(text: string, reason: string): TrackingError {
  return new TrackingError('invalid_where', `${JSON.stringify(text)}: ${reason}`);
}

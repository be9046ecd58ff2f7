/** Conditions choose runs as MLflow's own filter does. */

import { expect, test } from 'vitest';

import { bestRun } from '../../../../services/trainer/tracking/best-run.ts';
import type { RunRecord } from '../../../../services/trainer/tracking/tracking-store.ts';
import { parseWhere } from '../../../../services/trainer/tracking/where.ts';

function run(overrides: Partial<RunRecord> = {}): RunRecord {
  return {
    runId: 'abc',
    name: 'first',
    status: 'FINISHED',
    startTimeMs: 1,
    endTimeMs: 2,
    metrics: new Map([['testAccuracy', 0.9]]),
    params: new Map([['network.units', "96, 64 and 'more'"]]),
    tags: new Map([['commit', 'deadbeef']]),
    artefactUri: '',
    ...overrides,
  };
}

test.each([
  ['', true],
  ['metrics.testAccuracy > 0.89', true],
  ['metrics.testAccuracy > 0.9', false],
  ['metrics.testAccuracy >= 9e-1', true],
  ['metrics.testAccuracy < 0.9', false],
  ['metrics.testAccuracy <= 0.9', true],
  ['metrics.testAccuracy != 0.9', false],
  ['metrics.missing < 1', false],
  ["params.`network.units` = '96, 64 and ''more'''", true],
  ["params.network.units like '96,%'", true],
  ["params.network.units like '9_, 64'", false],
  ["tags.commit like 'dead____' and status = 'FINISHED'", true],
  ["tags.commit = 'deadbeef' AND name != 'first'", false],
])('%s → %s', (where, expected) => {
  expect(parseWhere(where)(run())).toBe(expected);
});

test.each([
  'metrics.a',
  "metrics.a > 'x'",
  'params.a = 3',
  "params.a > 'x'",
  'metrics.a > 1 or metrics.b > 1',
  'metrics.a > 1 metrics.b > 1',
  "colour = 'red'",
])('refuses %s with the place at fault', (where) => {
  expect(() => parseWhere(where)).toThrow(expect.objectContaining({ code: 'invalid_where' }));
});

test('the best run has the highest value, or the lowest, and is the newer of equals; what is not a number never wins', () => {
  const runs = [0.5, 0.9, 0.9, NaN].map((value, i) => run({ runId: String(i), startTimeMs: i, metrics: new Map([['a', value]]) }));
  const fits = (): boolean => true;

  expect(bestRun(runs, { metric: 'a', isLowest: false, fits }).runId).toBe('2');
  expect(bestRun(runs, { metric: 'a', isLowest: true, fits }).runId).toBe('0');
  expect(() => bestRun(runs, { metric: 'b', isLowest: false, fits })).toThrow(expect.objectContaining({ code: 'no_run_found' }));
});

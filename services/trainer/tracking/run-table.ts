/** Runs as tables for people. */

import Table from 'cli-table3';

import type { RunRecord } from './tracking-store.ts';

const ID_CHARACTERS = 8;
const METRIC_DIGITS = 4;

/** One run a line, with the metrics asked for. */
export function listRuns(runs: readonly RunRecord[], metrics: readonly string[]): string {
  const table = plainTable(['run', 'name', 'status', 'started', 'took', ...metrics]);
  for (const run of runs) {
    table.push([
      run.runId.slice(0, ID_CHARACTERS),
      run.name,
      run.status,
      timeOf(run.startTimeMs),
      tookOf(run),
      ...metrics.map((name) => metricOf(run, name)),
    ]);
  }
  return `${table.toString()}\n`;
}

/** Runs side by side: every metric, and the parameters in which they differ. */
export function compareRuns(runs: readonly RunRecord[]): string {
  const table = plainTable(['', ...runs.map(({ runId, name }) => `${runId.slice(0, ID_CHARACTERS)}\n${name}`)]);
  table.push(['status', ...runs.map(({ status }) => status)]);
  for (const name of namesIn(runs.map(({ metrics }) => metrics))) table.push([name, ...runs.map((run) => metricOf(run, name))]);
  for (const name of namesIn(runs.map(({ params }) => params))) {
    const values = runs.map(({ params }) => params.get(name) ?? '');
    if (new Set(values).size > 1) table.push([name, ...values]);
  }
  return `${table.toString()}\n`;
}

/** Metrics that a list shows when none are named: the ones that most runs have, test figures first. */
export function usualMetrics(runs: readonly RunRecord[], count: number): string[] {
  const carriers = (name: string): number => runs.filter(({ metrics }) => metrics.has(name)).length;
  const rank = (name: string): number => carriers(name) + (/test|official/i.test(name) ? 0.5 : 0);
  return namesIn(runs.map(({ metrics }) => metrics))
    .sort((a, b) => rank(b) - rank(a))
    .slice(0, count);
}

function plainTable(head: string[]): Table.Table {
  return new Table({ head, style: { head: [], border: [], compact: true } });
}

function namesIn(values: readonly ReadonlyMap<string, unknown>[]): string[] {
  return [...new Set(values.flatMap((map) => [...map.keys()]))].sort();
}

function metricOf({ metrics }: RunRecord, name: string): string {
  return metrics.get(name)?.toFixed(METRIC_DIGITS) ?? '–';
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
}

function tookOf({ startTimeMs, endTimeMs }: RunRecord): string {
  if (endTimeMs === undefined) return '–';
  const seconds = Math.round((endTimeMs - startTimeMs) / 1000);
  return seconds < 120 ? `${seconds} s` : seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

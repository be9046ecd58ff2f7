/** A validation as a person reads it: the classes as a table, then what is wrong, the worst first. */

import Table from 'cli-table3';

import type { Problem } from './validate-clips.ts';
import type { ValidationReport } from './validate-folder.ts';

/** A person reads so many of each kind; the JSON report has all. */
const SHOWN = 5;

export function formatValidation({ files, classes, problems }: ValidationReport): string {
  const table = new Table({
    head: ['label', 'training', 'validation', 'test', 'speakers', 'minutes'],
    style: { head: [], border: [], compact: true },
  });
  for (const { label, training, validation, test, speakers, seconds } of classes) {
    table.push([label, training, validation, test, speakers, (seconds / 60).toFixed(1)]);
  }
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const summary = `${files} recordings, ${errors} errors, ${problems.length - errors} warnings\n`;
  return `${table.toString()}\n${[...byKind(problems).values()].map(formatKind).join('')}${summary}`;
}

function formatKind(problems: readonly Problem[]): string {
  const { severity, kind } = problems[0]!;
  const shown = problems.slice(0, SHOWN).map(({ message }) => `  ${message}\n`);
  const more = problems.length > SHOWN ? `  … and ${problems.length - SHOWN} more\n` : '';
  return `${severity} ${kind}: ${problems.length}\n${shown.join('')}${more}`;
}

function byKind(problems: readonly Problem[]): ReadonlyMap<string, Problem[]> {
  const kinds = new Map<string, Problem[]>();
  for (const problem of problems) kinds.set(problem.kind, [...(kinds.get(problem.kind) ?? []), problem]);
  return kinds;
}

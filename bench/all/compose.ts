/** Writes `docs/benchmarks.md` and its charts from what the benchmarks left: the same results give the same bytes. */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { format, resolveConfig } from 'prettier';
import { z } from 'zod';

import { RESULTS_FOLDER } from '../result-file.ts';
import { ROOT } from '../subject.ts';
import { commandOf, type Benchmark } from './benchmark.ts';
import { BENCHMARKS } from './benchmarks.ts';
import { sectionOf } from './sections.ts';

export const PAGE = 'docs/benchmarks.md';
const CHARTS = 'docs/benchmarks';
const NOT_GOOD_YET = join(import.meta.dirname, 'not-good-yet.md');
const MachineSchema = z.looseObject({ machine: z.string() });
const HEAD = [
  '# Benchmarks',
  '',
  'Composed from the files in [`bench/results`](../bench/results) by `npm run bench:all`, which runs everything below in turn',
  '(`-- --only stream,page` some of it, `-- --compose-only` none, `-- --help` says more). Do not edit this page: what is not good yet stands in',
  '`bench/all/not-good-yet.md`. Every figure is of the machine and the day named beside it; on a busy machine latency says nothing, CPU time and',
  'ratios of one run hold.',
  '',
];

/** All files of the page, by their path in the project. @param folder - of the results */
export async function compose(folder = RESULTS_FOLDER): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const lines = [...HEAD, (await readFile(NOT_GOOD_YET, 'utf8')).trim(), ''];
  for (const benchmark of BENCHMARKS) lines.push(...(await benchmarkLines(benchmark, { folder, files })), '');
  const path = join(ROOT, PAGE);
  files.set(PAGE, await format(lines.join('\n'), { ...(await resolveConfig(path)), filepath: path }));
  return files;
}

interface Place {
  readonly folder: string;
  /** Charts are added here. */
  readonly files: Map<string, string>;
}

async function benchmarkLines(benchmark: Benchmark, { folder, files }: Place): Promise<string[]> {
  const head = [`## ${benchmark.title}`, '', benchmark.answers, ''];
  const command = `\`${commandOf(benchmark)}\``;
  const file = join(folder, `${benchmark.name}.json`);
  if (!existsSync(file)) return [...head, `${command}: not measured yet.`];
  const result: unknown = JSON.parse(await readFile(file, 'utf8'));
  const markdown = await readFile(join(folder, `${benchmark.name}.md`), 'utf8');
  const { lines, charts = [] } = sectionOf({ name: benchmark.name, result, markdown });
  for (const { name, svg } of charts) files.set(`${CHARTS}/${name}.svg`, svg);
  return [
    ...head,
    `${command}; ${MachineSchema.parse(result).machine}.`,
    '',
    ...lines,
    '',
    ...charts.flatMap(({ name, shows }) => [`![${shows}](benchmarks/${name}.svg)`, '']),
  ];
}

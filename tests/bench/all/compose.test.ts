/** The page of the benchmarks is what their results give, and results of every kind come to be a section. */

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { commandOf } from '../../../bench/all/benchmark.ts';
import { BENCHMARKS } from '../../../bench/all/benchmarks.ts';
import { compose, PAGE } from '../../../bench/all/compose.ts';
import { RESULTS_FOLDER } from '../../../bench/result-file.ts';
import { ROOT } from '../../../scripts/lib/paths.mjs';

const MACHINE = 'an abacus, 2026-11-23';

test('the page in the repository is what the results give: `npm run bench:all -- --compose-only` writes it', async () => {
  for (const [path, content] of await compose()) expect(await readFile(join(ROOT, path), 'utf8'), path).toBe(content);
});

test('the same results give the same bytes again', async () => {
  expect([...(await compose())]).toEqual([...(await compose())]);
});

test('every command on the page is a script of the project', async () => {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

  expect(BENCHMARKS.filter(({ script }) => scripts[script] === undefined)).toEqual([]);
  expect(BENCHMARKS.map((benchmark) => commandOf(benchmark))).toContain('npm run bench:noise -- --data DATA');
});

test('what a benchmark prints becomes a table, and a broken promise is said', async () => {
  const folder = await resultsWith({
    swap: { machine: MACHINE, exitCode: 1, lines: ['publish to live: median 349 ms', 'memory: 1.0 %', 'as it ended'] },
  });

  const page = (await compose(folder)).get(PAGE)!;

  expect(page).toMatch(/\| publish to live +\| median 349 ms +\|/);
  expect(page).toContain('**It ended with 1: something did not hold.**');
  expect(page).toContain('- as it ended');
});

test('a benchmark that writes a table for people is shown as that', async () => {
  const folder = await resultsWith({ train: { machine: MACHINE, rounds: 30 } });
  await writeFile(join(folder, 'train.md'), '| way | ms |\n| --- | --- |\n| the trainer | 1.0 |\n');

  expect((await compose(folder)).get(PAGE)).toMatch(/\| the trainer +\| 1.0 +\|/);
});

test('a soak shows its verdict and draws memory and latency', async () => {
  const folder = await resultsWith({ soak: soakResult() });

  const files = await compose(folder);

  expect(files.get(PAGE)).toMatch(/\| verdict +\| failed; memory grows by 2.50 % an hour +\|/);
  expect(files.get(PAGE)).toMatch(/\| `kws_lost_events` +\| 0 +\| `count==0` +\| yes +\|/);
  expect(files.get('docs/benchmarks/soak.svg')).toContain('memory of all processes');
});

test('a benchmark that has left nothing is said to be not measured', async () => {
  const folder = await resultsWith({});
  await rm(join(folder, 'stream.json'));

  expect((await compose(folder)).get(PAGE)).toContain('`npm run bench:stream`: not measured yet.');
});

test('a chart has colours for dark pages and no counters of the process', async () => {
  const svg = (await compose()).get('docs/benchmarks/stream.svg')!;

  expect(svg).toContain('@media (prefers-color-scheme:dark)');
  expect(svg).not.toMatch(/zr\d/);
});

/** Those of the repository, and these. */
async function resultsWith(results: Readonly<Record<string, object>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kws-results-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await cp(RESULTS_FOLDER, folder, { recursive: true });
  for (const [name, result] of Object.entries(results)) {
    await writeFile(join(folder, `${name}.json`), JSON.stringify(result));
    await writeFile(join(folder, `${name}.md`), '');
  }
  return folder;
}

function soakResult(): object {
  return {
    machine: MACHINE,
    isPassed: false,
    plan: { sessions: 357, minutes: 120, workers: 1, sessionSeconds: 60 },
    metrics: {
      kws_lost_events: { values: { count: 0 }, thresholds: { 'count==0': { ok: true } } },
      kws_recall: { values: { rate: 1, passes: 10, fails: 0 } },
    },
    soak: {
      rssSlopePercentPerHour: 2.5,
      rssMiB: [
        { minute: 0, mebibytes: 100 },
        { minute: 120, mebibytes: 105 },
      ],
      p99Ms: [10, null, 11],
      lostEvents: 0,
      verdict: 'failed',
      reasons: ['memory grows by 2.50 % an hour'],
    },
  };
}

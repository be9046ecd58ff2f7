/** The load tests work: k6 streams to the built service, and the bars mean something. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';

import { runCommand } from '../../scripts/lib/command.mjs';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { judged } from '../load/k6-process.ts';
import type { ScenarioName } from '../load/scenarios.ts';

/** A busy machine is late; how fast the service is, and whom it then refuses, is no matter here. */
const PATIENT = ['--p99-ms', '60000', '--late-ms', '60000'];
const ADMITS_ALL = { MAX_LOAD_PERCENT: '100000', MAX_LAG_MS: '600000' };

const ResultSchema = z.object({
  isPassed: z.boolean(),
  metrics: z.record(z.string(), z.object({ values: z.record(z.string(), z.number()) })),
});

interface Outcome {
  readonly code: number;
  readonly result: z.infer<typeof ResultSchema>;
}

async function smoke(environment: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return load('smoke', ['--sessions', '2', '--session-seconds', '7'], environment);
}

/** Runs a load. @returns its exit code and its figures */
async function load(scenario: ScenarioName, plan: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'kws-load-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const args = ['--import', 'tsx', 'tests/load/main.ts', scenario, ...plan, ...PATIENT, '--output', folder];
  const { code } = await runCommand(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...ADMITS_ALL, ...environment },
    quiet: true,
  });
  return { code, result: ResultSchema.parse(JSON.parse(await readFile(join(folder, `load-${scenario}.json`), 'utf8'))) };
}

test('sessions and uploads of k6 bring back every keyword', async () => {
  const { code, result } = await smoke();

  expect(code).toBe(0);
  expect(result.isPassed).toBe(true);
  expect(result.metrics['kws_recall']?.values).toMatchObject({ rate: 1, fails: 0 });
  expect(result.metrics['kws_recall']?.values['passes']).toBeGreaterThan(0);
  expect(result.metrics['kws_sessions_whole']?.values['passes']).toBe(2);
  expect(result.metrics['kws_uploads_right']?.values['passes']).toBe(2);
});

test('a service that hears other keywords than it must misses the bar', async () => {
  const { code, result } = await smoke({ MODEL_SOURCE: 'file:models/wake' });

  expect(code).toBe(1);
  expect(result.isPassed).toBe(false);
  expect(result.metrics['kws_recall']?.values['rate']).toBeLessThan(1);
});

test('who has streamed a programme streams the next at once', async () => {
  const { result } = await load('steady', ['--sessions', '1', '--minutes', '0.2', '--session-seconds', '2']);

  expect(result.metrics['kws_sessions_whole']?.values).toMatchObject({ rate: 1 });
  expect(result.metrics['kws_sessions_whole']?.values['passes']).toBeGreaterThan(2);
});

test('a share of nothing misses its bar, and a share of something is as k6 says', () => {
  const thresholds = { 'rate==1': { ok: true } };
  const metrics = judged({
    kws_recall: { values: { rate: 0, passes: 0, fails: 0 }, thresholds },
    kws_sessions_whole: { values: { rate: 1, passes: 2, fails: 0 }, thresholds },
    kws_refused: { values: { count: 0 }, thresholds: { 'count==0': { ok: true } } },
  });

  const isMet = Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [name, Object.values(metric.thresholds ?? {})[0]?.ok]));
  expect(isMet).toEqual({ kws_recall: false, kws_sessions_whole: true, kws_refused: true });
});

/** Runs a script with k6 and takes its figures. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { programOf } from '../helpers/parts.ts';

/** k6's exit codes when a bar was missed, and when it was told to stop; the figures are there. */
const MISSED = 99;
const STOPPED = 105;
/** How long k6 has to end once told to. */
const STOP_TIMEOUT_MS = 20_000;

const MetricSchema = z.object({
  values: z.record(z.string(), z.number()),
  thresholds: z.record(z.string(), z.object({ ok: z.boolean() })).optional(),
});
const SummarySchema = z.object({ metrics: z.record(z.string(), MetricSchema) });
export type K6Metrics = z.infer<typeof SummarySchema>['metrics'];

export interface K6Run {
  /** Of `tests/load/k6`. */
  readonly script: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly summaryFile: string;
  /** Whatever happens, it ends. */
  readonly timeoutMs: number;
  /** Told at once, to measure it. */
  readonly onStart: (pid: number) => void;
  /** Has it stop at once, and tell what it has. */
  readonly signal?: AbortSignal;
}

export interface K6Result {
  readonly metrics: K6Metrics;
  readonly isPassed: boolean;
  /** Told to stop before its time. */
  readonly isCutShort: boolean;
}

/** Runs to the end. Nothing is sent anywhere but to the service. @throws {Error} if k6 could not run the script */
export async function runK6({ script, environment, summaryFile, timeoutMs, onStart, signal }: K6Run): Promise<K6Result> {
  const args = ['run', '--quiet', '--no-color', '--no-usage-report', '--address', '', join(import.meta.dirname, 'k6', `${script}.ts`)];
  const child = spawn(programOf('k6'), args, {
    env: { ...process.env, ...environment, SUMMARY: summaryFile },
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: signal !== undefined, // of two interrupts, the terminal's and ours, the second would end it without its figures
  });
  if (child.pid !== undefined) onStart(child.pid);
  let force: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill('SIGINT');
    force ??= setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  };
  const limit = setTimeout(stop, timeoutMs);
  signal?.addEventListener('abort', stop, { once: true });
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(limit);
  clearTimeout(force);
  signal?.removeEventListener('abort', stop);
  if (code !== 0 && code !== MISSED && code !== STOPPED) throw new Error(`k6 ended with ${code}`);
  const metrics = judged(SummarySchema.parse(JSON.parse(await readFile(summaryFile, 'utf8'))).metrics);
  const isMet = Object.values(metrics).every(({ thresholds = {} }) => Object.values(thresholds).every(({ ok }) => ok));
  return { metrics, isPassed: code === 0 && isMet, isCutShort: code === STOPPED };
}

/** The same figures, but a share of nothing has missed its bar: k6 lets it pass. */
export function judged(metrics: K6Metrics): K6Metrics {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, metric]) => {
      const { passes, fails } = metric.values;
      if (metric.thresholds === undefined || passes !== 0 || fails !== 0) return [name, metric];
      return [name, { ...metric, thresholds: Object.fromEntries(Object.keys(metric.thresholds).map((bar) => [bar, { ok: false }])) }];
    }),
  );
}

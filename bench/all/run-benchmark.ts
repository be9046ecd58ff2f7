/** Runs one benchmark to its end, or to its limit in time. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { RESULTS_FOLDER, writeResult } from '../result-file.ts';
import { ROOT } from '../subject.ts';
import type { Benchmark } from './benchmark.ts';
import { MAX_PRINTED_LINES } from './printed.ts';
import { watchGroup } from './process-group.ts';

const MINUTE_MS = 60_000;

export interface Outcome {
  readonly name: string;
  readonly state: 'done' | 'failed' | 'out of time' | 'left out';
  readonly told: string;
}

/** What it prints goes through; results of benchmarks that only print are written here. */
export async function runBenchmark(benchmark: Benchmark, data: string | undefined): Promise<Outcome> {
  const { name, script, args, limitMinutes, printsOn } = benchmark;
  const obstacle = benchmark.obstacle?.(data);
  if (obstacle !== undefined) return { name, state: 'left out', told: obstacle };
  const [beganMs, beganAt] = [performance.now(), new Date()];
  const child = spawn('npm', ['run', '--silent', script, '--', ...(args?.(data) ?? [])], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a limit ends its children too
  });
  const lines: string[] = [];
  for (const stream of ['stdout', 'stderr'] as const) {
    createInterface(child[stream]).on('line', (line) => {
      process.stderr.write(`  ${line}\n`);
      if (stream === printsOn && lines.length < MAX_PRINTED_LINES) lines.push(line);
    });
  }
  const limit = watchGroup(child.pid, limitMinutes * MINUTE_MS);
  const [code] = (await once(child, 'close')) as [number | null];
  const isLate = limit.stop();
  const minutes = ((performance.now() - beganMs) / MINUTE_MS).toFixed(1);
  if (isLate) return { name, state: 'out of time', told: `ended after ${limitMinutes} min` };
  if (printsOn !== undefined && !hasWritten(name, beganAt))
    writeResult(name, { figures: { exitCode: code ?? 1, lines }, markdown: `${lines.join('\n')}\n` });
  if (code === 0 && !hasWritten(name, beganAt)) return { name, state: 'failed', told: `${minutes} min, left no figures` };
  return { name, state: code === 0 ? 'done' : 'failed', told: `${minutes} min${code === 0 ? '' : `, ended with ${code ?? 'a signal'}`}` };
}

/** Whether it has left its figures itself. */
function hasWritten(name: string, since: Date): boolean {
  const stat = statSync(join(RESULTS_FOLDER, `${name}.json`), { throwIfNoEntry: false });
  return stat !== undefined && stat.mtime >= since;
}

/** Keeps what a load came to, for the page of benchmarks and for people. */

import { LoadSchema, loadSection } from '../../bench/all/sections/load.ts';
import { writeResult } from '../../bench/result-file.ts';
import { machine } from '../../bench/report.ts';
import type { LoadPlan, LoadResult } from './run-scenario.ts';

/** Writes `soak.json` or `load-SCENARIO.json`, and the same in Markdown. */
export function writeLoadResult(
  plan: Omit<LoadPlan, 'say' | 'signal' | 'data'>,
  { isPassed, isCutShort, soak, metrics, looks }: LoadResult,
  folder: string,
): void {
  const name = plan.scenario === 'soak' ? 'soak' : `load-${plan.scenario}`;
  const { scenario, sessions, minutes, sessionSeconds, workers, coreSessions, maxP99Ms, maxLateMs } = plan;
  const told = { scenario, sessions, minutes, sessionSeconds, workers, coreSessions, maxP99Ms, maxLateMs };
  const figures = { plan: told, isPassed, isCutShort, soak, metrics, looks: soak ? [] : looks };
  const asRead = LoadSchema.parse(JSON.parse(JSON.stringify({ machine: machine(), ...figures })));
  const { lines } = loadSection(name, asRead);
  writeResult(name, { figures, markdown: `${machine()}.\n\n${lines.join('\n')}\n`, folder });
}

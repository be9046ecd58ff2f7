/** One scenario against a service of its own, from its start to its figures. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { BuiltService } from '../helpers/built-service.ts';
import { runK6 } from './k6-process.ts';
import type { LoadFigures } from './load-table.ts';
import { writeProgrammes } from './programme.ts';
import { Sampler } from './sampler.ts';
import type { ScenarioName } from './scenarios.ts';
import { judgeSoak, type SoakVerdict } from './soak-verdict.ts';

/** First sessions come at this rate; a soak's more slowly. */
export const STARTS_PER_SECOND = 40;
/** A soak's sessions are meant to be there: 70 % of what a core carries is too near the 75 % up to which it takes them for every moment of a shared machine. */
const SOAK_MAX_LOAD_PERCENT = '100';
/** A soak's latency is judged in so many parts. */
const SLICES = 12;
const MIN_SAMPLE_INTERVAL_MS = 2000;
const LOOKS = 500;
/** Beyond the time planned: start, end of the last sessions, summary. */
const SPARE_MS = 120_000;
/** May send faster than the rest; what is sent at once comes as fast as the service hears. */
const SLOW_TOKEN = 'slow-reader';
/** An interrupt from the terminal is not for the service: it serves until the load has ended. */
const OWN_SESSION = ['setsid'];
/** All sessions come from one address. */
const NO_COUNT_LIMITS = { MAX_SESSIONS: '20000', MAX_SESSIONS_PER_ADDRESS: '20000' };

export interface LoadPlan {
  readonly scenario: ScenarioName;
  readonly sessions: number;
  readonly minutes: number;
  readonly sessionSeconds: number;
  readonly workers: number;
  /** What a core was found to carry just before, if `sessions` are a share of it. */
  readonly coreSessions?: number;
  readonly maxP99Ms: number;
  readonly maxLateMs: number;
  readonly data: string | undefined;
  readonly say: (message: string) => void;
  /** Ends the load early; what was measured so far is told. */
  readonly signal?: AbortSignal;
}

export interface LoadResult extends LoadFigures {
  readonly isPassed: boolean;
  readonly isCutShort: boolean;
  readonly soak: SoakVerdict | undefined;
}

export async function runScenario(plan: LoadPlan): Promise<LoadResult> {
  const folder = await mkdtemp(join(tmpdir(), 'kws-load-'));
  try {
    const keywords = await writeProgrammes({ folder, sessionSeconds: plan.sessionSeconds, data: plan.data });
    plan.say(
      `${plan.scenario}: ${plan.sessions} sessions, ${plan.minutes} min; the recordings hold ${keywords} keywords that must come back`,
    );
    const service = await BuiltService.start({ environment: environmentOf(plan), wrapper: OWN_SESSION });
    try {
      return await loadService(plan, { service, folder });
    } catch (error) {
      if (!service.hasExited) throw error;
      throw new Error(
        `the service ended by itself: ${service.log
          .slice(-5)
          .map((line) => JSON.stringify(line))
          .join('\n')}`,
        { cause: error },
      );
    } finally {
      await service.stop();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function loadService(
  plan: LoadPlan,
  { service, folder }: { readonly service: BuiltService; readonly folder: string },
): Promise<LoadResult> {
  const seconds = 60 * plan.minutes;
  const before = await service.scrape();
  const sampler = new Sampler(service, Math.max(MIN_SAMPLE_INTERVAL_MS, (1000 * seconds) / LOOKS));
  const { metrics, isPassed, isCutShort } = await runK6({
    script: plan.scenario,
    environment: { ...k6Environment(plan, seconds), URL: service.url, PROGRAMMES: folder },
    summaryFile: join(folder, 'summary.json'),
    timeoutMs: 1000 * (3 * seconds + 2 * plan.sessionSeconds) + SPARE_MS,
    onStart: (pid) => sampler.watch(pid),
    ...(plan.signal && { signal: plan.signal }),
  }).finally(() => sampler.stop());
  const soak = plan.scenario === 'soak' ? judgeSoak(sampler.looks, metrics, plan.sessions) : undefined;
  return {
    metrics,
    before,
    after: await service.scrape(),
    looks: sampler.looks,
    soak,
    isPassed: isPassed && !isCutShort && soak?.verdict !== 'failed',
    isCutShort,
  };
}

/** What the operator has set goes through, such as MAX_LOAD_PERCENT. */
function environmentOf({ scenario, workers }: LoadPlan): Record<string, string> {
  const { MAX_LOAD_PERCENT = SOAK_MAX_LOAD_PERCENT } = process.env;
  return {
    ...NO_COUNT_LIMITS,
    ...(scenario === 'soak' && { MAX_LOAD_PERCENT }),
    WORKERS: String(workers),
    KWS_AUTH: 'open',
    KWS_TOKENS: `${SLOW_TOKEN};speed=1000`,
    LOG_LEVEL: 'warn',
  };
}

function k6Environment({ scenario, sessions, sessionSeconds, maxP99Ms, maxLateMs }: LoadPlan, seconds: number): Record<string, string> {
  return {
    SESSIONS: String(sessions),
    SECONDS: String(seconds),
    SESSION_SECONDS: String(sessionSeconds),
    RAMP_SECONDS: String(rampSeconds({ scenario, sessions, sessionSeconds })),
    MAX_P99_MS: String(maxP99Ms),
    MAX_LATE_MS: String(maxLateMs),
    SLICES: String(SLICES),
    SLOW_TOKEN,
  };
}

/** A soak's sessions begin evenly over the length of one, and so end evenly too: that all come anew at once is another scenario's. */
function rampSeconds({ scenario, sessions, sessionSeconds }: Pick<LoadPlan, 'scenario' | 'sessions' | 'sessionSeconds'>): number {
  const atOnce = sessions / STARTS_PER_SECOND;
  return scenario === 'soak' ? Math.max(atOnce, sessionSeconds) : atOnce;
}

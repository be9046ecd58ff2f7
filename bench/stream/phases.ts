/** The four questions put to the service: what the rig can do, how many a core carries, what waiting sessions take, and what too many do. */

import { join } from 'node:path';

import { ROOT } from '../subject.ts';
import { runLoad, type Measured } from './run-load.ts';
import { ServerProcess } from './server-process.ts';
import type { LoadPlan } from './load.ts';

/** What every phase works with. */
export interface Rig {
  readonly recordings: readonly string[];
  readonly chunkMs: number;
  readonly steadySeconds: number;
  readonly idleSessions: number;
  /** From then on no larger load is tried. */
  readonly endMs: number;
  readonly say: (message: string) => void;
}

/** What is sent if nothing else is given. */
export const FIXTURES = ['yes-stop-left.wav', 'speech.wav'].map((name) => join(ROOT, 'tests/fixtures/recordings', name));
/** A session counts as served if its answers come within this. */
export const MAX_P99_MS = 150;
/** All sessions come from one address, and as many as are asked for. */
const ONE_WORKER = { PORT: '0', WORKERS: '1', LOG_LEVEL: 'error', MAX_SESSIONS: '20000', MAX_SESSIONS_PER_ADDRESS: '20000' };
/** Takes on whatever comes, to show where it ends. */
const NO_ADMISSION = { ...ONE_WORKER, MAX_LOAD_PERCENT: '100000', MAX_LAG_MS: '600000' };
/** Lets sessions wait for as long as they like. */
const PATIENT = { START_TIMEOUT_MS: '600000', IDLE_TIMEOUT_MS: '600000' };
const SINK = ['--import', 'tsx', 'bench/stream-sink.ts'];
const PROBE_EVERY = 10;
const CONNECTS_PER_SECOND = 100;
/** Where the search begins; memory a session is counted from here to the capacity. */
const LIGHT_SESSIONS = 100;
/** How much more each load has than the last that held, and between which two it is enough. */
const STEP = 1.6;
const CLOSE_ENOUGH = 1.12;
/** Beyond this share of what CPU time allows nothing is tried. */
const MAX_CPU_SHARE = 0.95;
const IDLE_CONNECTS_PER_SECOND = 1000;
const IDLE_SECONDS = 3;

/** The clients and sockets alone: a server that answers each chunk at once. */
export async function measureRig(rig: Rig, sessions: number): Promise<Measured> {
  rig.say(`the rig: ${sessions} sessions against a server that hears nothing`);
  return onServer(ServerProcess.start(SINK), (server) => runLoad(server, { ...planOf(rig, server, sessions), checksEvents: false }));
}

/** What a core carries. */
export interface Capacity {
  /** The first load: below its memory nothing is counted to sessions. */
  readonly light: Measured;
  /** The largest that held, if any did. */
  readonly held: Measured | undefined;
  /** All but the light one, in the order they were tried. */
  readonly tried: readonly Measured[];
  readonly bytesPerSession: number | undefined;
}

/** Looks for the largest load that holds: answers in time, no audio dropped, every session's events right. */
export async function measureCapacity(rig: Omit<Rig, 'idleSessions'>): Promise<Capacity> {
  return onService(NO_ADMISSION, async (server) => {
    const once = (sessions: number): Promise<Measured> => {
      rig.say(`capacity: ${sessions} sessions`);
      return runLoad(server, planOf(rig, server, sessions));
    };
    const run = async (sessions: number): Promise<Measured> => {
      const measured = await once(sessions);
      return holds(measured) ? measured : once(sessions); // a neighbour on the machine disturbs once, too many sessions always
    };
    const light = await run(LIGHT_SESSIONS);
    const tried: Measured[] = [];
    for (let next = nextLoad(light, tried); next !== undefined; next = nextLoad(light, tried)) {
      if (performance.now() > rig.endMs) break;
      tried.push(await run(next));
    }
    const held = best([light, ...tried]);
    const bytesPerSession =
      held === undefined || held === light ? undefined : (held.rssBytes - light.rssBytes) / (held.sessions - light.sessions);
    return { light, held, tried, bytesPerSession };
  });
}

/** How many to try next; `undefined` if the largest that holds is known well enough. */
function nextLoad(light: Measured, tried: readonly Measured[]): number | undefined {
  const held = best([light, ...tried]);
  if (held === undefined) return undefined;
  const tooMany = Math.min(...tried.filter((load) => !holds(load)).map(({ sessions }) => sessions));
  const byCpu = Math.floor((MAX_CPU_SHARE * held.sessions) / held.serverCpu);
  const next = Math.round(Math.min(STEP * held.sessions, byCpu, Math.sqrt(held.sessions * tooMany)));
  return next >= CLOSE_ENOUGH * held.sessions ? next : undefined;
}

function best(loads: readonly Measured[]): Measured | undefined {
  return loads.filter(holds).sort((a, b) => b.sessions - a.sessions)[0];
}

/** Whether a load was served as it must be. */
export function holds({ sessions, ready, wrong, dropped, eventMs, posteriorsMs }: Measured): boolean {
  return ready === sessions && wrong === 0 && dropped === 0 && eventMs.p99 <= MAX_P99_MS && posteriorsMs.p99 <= MAX_P99_MS;
}

/** Sessions that wait. */
export interface Idle {
  readonly sessions: number;
  readonly rssBytes: number;
  readonly emptyRssBytes: number;
}

/** Connects sessions that send nothing after `start`. */
export async function measureIdle(rig: Rig): Promise<Idle> {
  rig.say(`${rig.idleSessions} idle sessions`);
  return onService({ ...NO_ADMISSION, ...PATIENT }, async (server) => {
    const emptyRssBytes = await server.rssBytes();
    const connectsPerSecond = IDLE_CONNECTS_PER_SECOND;
    const plan = {
      ...planOf(rig, server, rig.idleSessions),
      isIdle: true,
      connectsPerSecond,
      steadySeconds: IDLE_SECONDS,
      checksEvents: false,
    };
    const { ready, rssBytes, refused } = await runLoad(server, plan);
    if (ready !== rig.idleSessions) throw new Error(`only ${ready} of ${rig.idleSessions} sessions began: ${JSON.stringify(refused)}`);
    return { sessions: ready, rssBytes, emptyRssBytes };
  });
}

/** Twice as many as it carries, and again, to see whether memory grows. */
export interface Overload {
  readonly first: Measured;
  readonly second: Measured;
}

/** With admission as it is by default. */
export async function measureOverload(rig: Rig, sessions: number): Promise<Overload> {
  return onService(ONE_WORKER, async (server) => {
    rig.say(`overload: ${sessions} sessions`);
    const first = await runLoad(server, planOf(rig, server, sessions));
    rig.say(`overload: ${sessions} sessions again`);
    return { first, second: await runLoad(server, planOf(rig, server, sessions)) };
  });
}

function planOf(
  { recordings, chunkMs, steadySeconds }: Pick<Rig, 'recordings' | 'chunkMs' | 'steadySeconds'>,
  { url }: ServerProcess,
  sessions: number,
): LoadPlan {
  const rate = { connectsPerSecond: CONNECTS_PER_SECOND, steadySeconds, chunkMs };
  return { url, sessions, ...rate, probeEvery: PROBE_EVERY, isIdle: false, checksEvents: true, recordings };
}

function onService<Result>(
  environment: Readonly<Record<string, string>>,
  act: (server: ServerProcess) => Promise<Result>,
): Promise<Result> {
  return onServer(ServerProcess.startService(environment), act);
}

async function onServer<Result>(starting: Promise<ServerProcess>, act: (server: ServerProcess) => Promise<Result>): Promise<Result> {
  const server = await starting;
  try {
    return await act(server);
  } finally {
    await server.stop();
  }
}

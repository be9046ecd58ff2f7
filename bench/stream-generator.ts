/** The load generator, a process of its own: carries out the plan in its first argument and reports over IPC. */

import { setTimeout as wait } from 'node:timers/promises';

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';

import { LoadClient, type Timings } from './stream/load-client.ts';
import { percentilesOf, type LoadMessage, type LoadPlan, type LoadReport } from './stream/load.ts';
import { loadProgrammes } from './stream/programme.ts';

/** How fine the pacing is. */
const TICK_MS = 4;
/** How long sessions have to end once told to. */
const END_TIMEOUT_MS = 10_000;
const MAX_FAULTS_TOLD = 5;
/** Of every programme: a busy machine opens sessions late. */
const SPARE_SECONDS = 30;

const plan = JSON.parse(process.argv[2] ?? '') as LoadPlan; // written by the benchmark
const rampSeconds = plan.sessions / plan.connectsPerSecond;
const programmes = await loadProgrammes(plan.recordings, Math.ceil(rampSeconds + plan.steadySeconds) + SPARE_SECONDS);
const timings: Timings = { eventMs: [], posteriorsMs: [] };
const lateMs: number[] = [];
/** Each streaming client with when its next chunk is due. */
const streaming = new Map<LoadClient, number>();
let isTimed = false;

const clients = await openAll();
const { generatorCpu } = await measure();
const report = await endAll();
tell({ type: 'done', report });
process.disconnect();
process.exit(0);

/** Opens sessions at the plan's rate; those that are there stream already. */
async function openAll(): Promise<LoadClient[]> {
  const opened: LoadClient[] = [];
  const ticker = plan.isIdle ? undefined : setInterval(sendDue, TICK_MS);
  ticker?.unref();
  const beganMs = performance.now();
  for (let i = 0; i < plan.sessions; i++) {
    const client = new LoadClient(
      {
        url: plan.url,
        programme: programmes[i % programmes.length]!,
        chunkSamples: (plan.chunkMs * SAMPLE_RATE_HZ) / 1000,
        wantsPosteriors: i % plan.probeEvery === 0,
      },
      timings,
    );
    opened.push(client);
    void client.settled.then(() => client.isStreaming && streaming.set(client, performance.now() + Math.random() * plan.chunkMs));
    const dueMs = beganMs + (1000 * (i + 1)) / plan.connectsPerSecond;
    if (dueMs > performance.now()) await wait(dueMs - performance.now());
  }
  await Promise.all(opened.map(({ settled }) => settled));
  return opened;
}

function sendDue(): void {
  for (const [client, dueMs] of streaming) {
    const nowMs = performance.now();
    if (dueMs > nowMs) continue;
    if (isTimed) lateMs.push(nowMs - dueMs);
    if (client.sendChunk(nowMs)) streaming.set(client, dueMs + plan.chunkMs);
    else streaming.delete(client);
  }
}

async function measure(): Promise<{ generatorCpu: number }> {
  tell({ type: 'steady' });
  setTimed(true);
  const [cpu, beganMs] = [process.cpuUsage(), performance.now()];
  await wait(1000 * plan.steadySeconds);
  const { user, system } = process.cpuUsage(cpu);
  setTimed(false);
  tell({ type: 'measured' });
  return { generatorCpu: (user + system) / 1000 / (performance.now() - beganMs) };
}

function setTimed(timed: boolean): void {
  isTimed = timed;
  for (const client of clients) client.time(timed);
}

/** Ends all sessions in order and gathers what they brought. */
async function endAll(): Promise<LoadReport> {
  streaming.clear();
  for (const client of clients) if (plan.isIdle) client.terminate();
  for (const client of clients) client.stop();
  await Promise.race([Promise.all(clients.map(({ closed }) => closed)), wait(END_TIMEOUT_MS)]);
  const ready = clients.filter(({ wasReady }) => wasReady);
  const faults = plan.checksEvents ? ready.flatMap((client) => client.fault() ?? []) : [];
  return {
    ready: ready.length,
    refused: countsOf(clients.filter(({ wasReady }) => !wasReady).map(({ error }) => error ?? 'no answer')),
    wrong: faults.length,
    faults: faults.slice(0, MAX_FAULTS_TOLD),
    dropped: clients.reduce((sum, { dropped }) => sum + dropped, 0),
    events: clients.reduce((sum, { events }) => sum + events, 0),
    eventMs: percentilesOf(timings.eventMs),
    posteriorsMs: percentilesOf(timings.posteriorsMs),
    lateMs: percentilesOf(lateMs),
    generatorCpu,
  };
}

function countsOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function tell(message: LoadMessage): void {
  process.send?.(message);
}

/** `npm run bench:swap`: how soon a published model hears live sessions, what swaps cost in memory, and how soon a lost NATS is followed again. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';

import { MANIFEST_FILE, WEIGHTS_FILE } from '#shared/model/artefact.ts';

import { BUILD_PARTS } from '../scripts/lib/build-parts.mjs';
import { build } from '../scripts/lib/build.mjs';
import { RESULTS_FOLDER, writeResult } from './result-file.ts';
import { DEFAULT_MODEL, ROOT } from './subject.ts';
import { Fleet } from './swap/fleet.ts';
import { isKept, swapMarkdown, type Latency, type Memory, type Outage, type SwapMeasurements } from './swap/swap-report.ts';

const SWAPS = 100;
const SESSIONS_A_WORKER = 4;
/** Of the process whose memory is looked at, and how long they stream before the first look: until then the runtime still compiles. */
const SESSIONS_IN_MEMORY = 100;
const WARM_UP_MS = 90_000;
const BETWEEN_PUBLICATIONS_MS = 1000;
const MINUTE_MS = 60_000;
/** Whatever happens, it ends, and writes what it has; but for an outage that is longer than usual. */
const TIMEOUT_MS = 600_000;
const USUAL_OUTAGE_MINUTES = 1;
/** V8 gives buffers back beside the program, some time after it has found that nobody holds them. */
const COLLECTIONS = 3;
const COLLECTED_AFTER_MS = 1000;
/** Collects garbage on a signal, so that what is measured is what is held. */
const COLLECTING = ['--expose-gc', '--import', `data:text/javascript,process.on('SIGUSR2',()=>globalThis.gc())`];

const options = await yargs(hideBin(process.argv))
  .usage('npm run bench:swap -- [options]')
  .option('services', { type: 'number', default: 3, describe: 'stream services' })
  .option('workers', { type: 'number', default: 2, describe: 'processes a service' })
  .option('publications', { type: 'number', default: 50, describe: 'one a second' })
  .option('swaps', { type: 'number', default: SWAPS, describe: 'between the two looks at the memory' })
  .option('outage-minutes', { type: 'number', default: USUAL_OUTAGE_MINUTES, describe: 'how long NATS is away; 0 leaves that out' })
  .option('output', { type: 'string', default: RESULTS_FOLDER, describe: 'folder for swap.json and swap.md' })
  .strict()
  .help()
  .parse();

const beganMs = performance.now();
const result: SwapMeasurements = { failures: [] };
setTimeout(
  () => {
    result.failures.push('not done in time: this machine is too slow or too busy');
    writeResults();
    process.exit(1);
  },
  TIMEOUT_MS + Math.max(0, options.outageMinutes - USUAL_OUTAGE_MINUTES) * MINUTE_MS,
).unref();
await build(
  ROOT,
  BUILD_PARTS.filter(({ name }) => name !== 'web page'),
);
const [manifestJson, weightsBytes] = await Promise.all([
  readFile(join(DEFAULT_MODEL, MANIFEST_FILE), 'utf8'),
  readFile(join(DEFAULT_MODEL, WEIGHTS_FILE)),
]);
const files = { manifestJson, weightsBytes };
if (options.publications > 0) await attempt('publish to live', async () => (result.latency = await measureLatency()));
if (options.swaps > 0) await attempt('memory', async () => (result.memory = await measureMemory()));
if (options.outageMinutes > 0) await attempt('outage', async () => (result.outage = await measureOutage(options.outageMinutes)));
writeResults();
process.exitCode = isKept(result) ? 0 : 1;

async function measureLatency(): Promise<Latency> {
  const { services, workers, publications } = options;
  const fleet = await Fleet.start({ services, workers, sessions: workers * SESSIONS_A_WORKER, files });
  try {
    const latencies: number[] = [];
    for (let i = 1; i <= publications; i++) {
      latencies.push(...(await fleet.publishAndWait(String(i))));
      await wait(BETWEEN_PUBLICATIONS_MS);
    }
    const processes = (await fleet.statuses()).filter(({ sessions }) => sessions > 0).length;
    const [medianMs, p99Ms, worstMs] = [0.5, 0.99, 1].map((share) => quantile(latencies, share)) as [number, number, number];
    return { publications, services, workers, processes, ...sessionsOf(fleet), medianMs, p99Ms, worstMs };
  } finally {
    await fleet.stop();
  }
}

async function measureMemory(): Promise<Memory> {
  const fleet = await Fleet.start({ services: 1, workers: 1, sessions: SESSIONS_IN_MEMORY, files, nodeOptions: COLLECTING });
  const [service] = fleet.services;
  if (!service) throw new RangeError('no service was started');
  try {
    const look = async (): Promise<number> => {
      for (let round = 0; round < COLLECTIONS; round++) {
        await service.collectGarbage();
        await wait(COLLECTED_AFTER_MS);
      }
      return service.rssBytes();
    };
    await wait(WARM_UP_MS);
    const beforeBytes = await look();
    for (let i = 1; i <= options.swaps; i++) await fleet.publishAndWait(String(i));
    const afterBytes = await look();
    return { swaps: options.swaps, ...sessionsOf(fleet), beforeBytes, afterBytes };
  } finally {
    await fleet.stop();
  }
}

async function measureOutage(minutes: number): Promise<Outage> {
  const fleet = await Fleet.start({ services: 1, workers: options.workers, sessions: options.workers * SESSIONS_A_WORKER, files });
  try {
    await fleet.nats.stop();
    await wait(minutes * MINUTE_MS);
    await fleet.nats.restart();
    const backMs = performance.now();
    const heard = Promise.all(fleet.sessions.map((session) => session.heardBy('after')));
    await fleet.publish('after');
    const takenMs = Math.max(...(await heard)) - backMs;
    return { minutes, takenMs, ...sessionsOf(fleet) };
  } finally {
    await fleet.stop();
  }
}

function sessionsOf({ sessions }: Fleet): Pick<Latency, 'sessions' | 'open'> {
  return { sessions: sessions.length, open: sessions.filter(({ isOpen }) => isOpen).length };
}

/** What fails does not take the rest with it. */
async function attempt(name: string, measure: () => Promise<unknown>): Promise<void> {
  try {
    await measure();
  } catch (error) {
    result.failures.push(`${name}: ${String(error)}`);
  }
}

function writeResults(): void {
  const seconds = Math.round((performance.now() - beganMs) / 1000);
  const text = swapMarkdown(result);
  writeResult('swap', { figures: { seconds, ...result }, markdown: text, folder: options.output });
  console.log(`\n${text}`);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

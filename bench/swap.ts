/** `npm run bench:swap`: how soon a published model hears live sessions, what swaps cost in memory, and how soon a lost NATS is followed again. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';

import { MANIFEST_FILE, WEIGHTS_FILE } from '#shared/model/artefact.ts';

import { BUILD_PARTS } from '../scripts/lib/build-parts.mjs';
import { build } from '../scripts/lib/build.mjs';
import { DEFAULT_MODEL, ROOT } from './subject.ts';
import { Fleet } from './swap/fleet.ts';

/** What the project promises. */
const MAX_LIVE_MS = 2000;
const MAX_RSS_GROWTH = 0.05;
const MAX_RECONCILE_MS = 30_000;
const SWAPS = 100;
/** Until then the runtime still takes room: it compiles what swaps run, and its nursery and allocator grow to what they need at once. */
const WARM_SWAPS = 100;
const SESSIONS_A_WORKER = 4;
const BETWEEN_PUBLICATIONS_MS = 1000;
const MINUTE_MS = 60_000;
const MEBIBYTE = 1024 * 1024;
/** Collects garbage on a signal, so that what is measured is what is held. */
const COLLECTING = ['--expose-gc', '--import', `data:text/javascript,process.on('SIGUSR2',()=>globalThis.gc())`];

const options = await yargs(hideBin(process.argv))
  .usage('npm run bench:swap -- [options]')
  .option('services', { type: 'number', default: 3, describe: 'stream services' })
  .option('workers', { type: 'number', default: 2, describe: 'processes a service' })
  .option('publications', { type: 'number', default: 50, describe: 'one a second' })
  .option('swaps', { type: 'number', default: SWAPS, describe: 'between the two looks at the memory' })
  .option('outage-minutes', { type: 'number', default: 0, describe: 'how long NATS is away; 0 leaves that out' })
  .strict()
  .help()
  .parse();

await build(
  ROOT,
  BUILD_PARTS.filter(({ name }) => name !== 'web page'),
);
const [manifestJson, weightsBytes] = await Promise.all([
  readFile(join(DEFAULT_MODEL, MANIFEST_FILE), 'utf8'),
  readFile(join(DEFAULT_MODEL, WEIGHTS_FILE)),
]);
const files = { manifestJson, weightsBytes };
if (options.publications > 0) await measureLatency();
if (options.swaps > 0) await measureMemory();
if (options.outageMinutes > 0) await measureOutage(options.outageMinutes);

async function measureLatency(): Promise<void> {
  const { services, workers, publications } = options;
  const fleet = await Fleet.start({ services, workers, sessions: workers * SESSIONS_A_WORKER, files });
  try {
    const latencies: number[] = [];
    for (let i = 1; i <= publications; i++) {
      latencies.push(...(await fleet.publishAndWait(String(i))));
      await wait(BETWEEN_PUBLICATIONS_MS);
    }
    const processes = (await fleet.statuses()).filter(({ sessions }) => sessions > 0).length;
    const [median, p99, worst] = [0.5, 0.99, 1].map((share) => quantile(latencies, share)) as [number, number, number];
    console.log(
      `publish to live: ${publications} publications, ${processes} processes of ${services} services, ${fleet.sessions.length} sessions: ` +
        `median ${ms(median)}, p99 ${ms(p99)}, worst ${ms(worst)} (at most ${MAX_LIVE_MS} ms p99)`,
    );
    check(p99 <= MAX_LIVE_MS && processes === services * workers && fleet.sessions.every(({ isOpen }) => isOpen));
  } finally {
    await fleet.stop();
  }
}

async function measureMemory(): Promise<void> {
  const fleet = await Fleet.start({ services: 1, workers: 1, sessions: SESSIONS_A_WORKER, files, nodeOptions: COLLECTING });
  const [service] = fleet.services;
  if (!service) throw new RangeError('no service was started');
  try {
    const swap = async (from: number, count: number): Promise<number> => {
      for (let i = from; i < from + count; i++) await fleet.publishAndWait(String(i));
      await service.collectGarbage();
      return service.rssBytes();
    };
    const atFirst = await swap(1, 0);
    const before = await swap(1, WARM_SWAPS);
    const after = await swap(1 + WARM_SWAPS, options.swaps);
    const growth = after / before - 1;
    console.log(
      `memory: RSS ${mebibytes(atFirst)} without a swap, ${mebibytes(before)} after ${WARM_SWAPS}, ${mebibytes(after)} after ${options.swaps} ` +
        `more: ${(100 * growth).toFixed(1)} % (at most ${100 * MAX_RSS_GROWTH} %); ${(100 * (after / atFirst - 1)).toFixed(1)} % over the first`,
    );
    check(growth <= MAX_RSS_GROWTH);
  } finally {
    await fleet.stop();
  }
}

async function measureOutage(minutes: number): Promise<void> {
  const fleet = await Fleet.start({ services: 1, workers: options.workers, sessions: options.workers * SESSIONS_A_WORKER, files });
  try {
    await fleet.nats.stop();
    await wait(minutes * MINUTE_MS);
    await fleet.nats.restart();
    const backMs = performance.now();
    const heard = Promise.all(fleet.sessions.map((session) => session.heardBy('after')));
    await fleet.publish('after');
    const takenMs = Math.max(...(await heard)) - backMs;
    const open = fleet.sessions.filter(({ isOpen }) => isOpen).length;
    console.log(
      `outage: NATS away for ${minutes} min, ${open} of ${fleet.sessions.length} sessions streamed through; a model published when it ` +
        `was back heard all of them ${ms(takenMs)} later (at most ${MAX_RECONCILE_MS} ms)`,
    );
    check(takenMs <= MAX_RECONCILE_MS && open === fleet.sessions.length);
  } finally {
    await fleet.stop();
  }
}

function check(holds: boolean): void {
  if (!holds) process.exitCode = 1;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(1)} MiB`;
}

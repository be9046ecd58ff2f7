/** What k6 can send on this machine at all: ever more sockets to a server that hears nothing. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ServerProcess } from '../../bench/stream/server-process.ts';
import { cpuSecondsOf, rssBytesOf } from '../helpers/built-service.ts';
import { runK6 } from './k6-process.ts';
import { plainTable } from './plain-table.ts';
import { writeProgrammes } from './programme.ts';
import { STARTS_PER_SECOND } from './run-scenario.ts';

const SOCKETS = [50, 100, 200, 400, 800];
const SECONDS = 10;
const SINK = ['--import', 'tsx', 'bench/stream-sink.ts'];
const SAMPLE_MS = 500;
const MESSAGES_PER_SECOND = 12.5;
const MEBIBYTE = 1024 ** 2;

/** Stops at the first load that k6 sends too late. @returns a table, and the most sockets that it serves in time */
export async function measureRig(
  maxLateMs: number,
  say: (message: string) => void,
): Promise<{ readonly table: string; readonly sockets: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'kws-rig-'));
  const server = await ServerProcess.start(SINK);
  const head = ['sockets', 'messages/s each way', 'sent late ms p50 / p99', 'answer ms p50 / p99', 'k6 CPU', 'sink CPU', 'k6 MiB', ''];
  const rows: string[][] = [];
  let sockets = 0;
  try {
    for (const count of SOCKETS) {
      say(`rig: ${count} sockets`);
      const { row, isPassed } = await measure(count, { server, folder, maxLateMs });
      rows.push(row);
      if (!isPassed) break;
      sockets = count;
    }
  } finally {
    await server.stop();
    await rm(folder, { recursive: true });
  }
  return { table: plainTable(head, rows), sockets };
}

interface RigOptions {
  readonly server: ServerProcess;
  readonly folder: string;
  readonly maxLateMs: number;
}

async function measure(count: number, { server, folder, maxLateMs }: RigOptions): Promise<{ row: string[]; isPassed: boolean }> {
  const rampSeconds = count / STARTS_PER_SECOND;
  await writeProgrammes({ folder, sessionSeconds: SECONDS + rampSeconds, data: undefined });
  const [cpu, beganMs] = [await server.cpuSeconds(), performance.now()];
  const most = { cpuSeconds: 0, rssBytes: 0 };
  let timer: NodeJS.Timeout | undefined;
  const { metrics, isPassed } = await runK6({
    script: 'rig',
    environment: environmentOf(count, { url: server.url, folder, maxLateMs }),
    summaryFile: join(folder, 'summary.json'),
    timeoutMs: 1000 * (4 * rampSeconds + 6 * SECONDS),
    onStart: (pid) => {
      timer = setInterval(() => {
        void cpuSecondsOf(pid).then((seconds) => (most.cpuSeconds = Math.max(most.cpuSeconds, seconds)));
        void rssBytesOf(pid).then((bytes) => (most.rssBytes = Math.max(most.rssBytes, bytes)));
      }, SAMPLE_MS);
    },
  }).finally(() => clearInterval(timer));
  const seconds = (performance.now() - beganMs) / 1000;
  const percentiles = (name: string): string => ['med', 'p(99)'].map((stat) => (metrics[name]?.values[stat] ?? NaN).toFixed(0)).join(' / ');
  const row = [
    String(count),
    (count * MESSAGES_PER_SECOND).toFixed(0),
    percentiles('kws_late_ms'),
    percentiles('kws_echo_ms'),
    (most.cpuSeconds / seconds).toFixed(2),
    (((await server.cpuSeconds()) - cpu) / seconds).toFixed(2),
    (most.rssBytes / MEBIBYTE).toFixed(0),
    isPassed ? 'in time' : 'too late',
  ];
  return { row, isPassed };
}

function environmentOf(
  count: number,
  { url, folder, maxLateMs }: { url: string; folder: string; maxLateMs: number },
): Record<string, string> {
  const rampSeconds = count / STARTS_PER_SECOND;
  return {
    URL: url,
    PROGRAMMES: folder,
    SESSIONS: String(count),
    SECONDS: String(SECONDS),
    SESSION_SECONDS: String(SECONDS + rampSeconds),
    RAMP_SECONDS: String(rampSeconds),
    MAX_P99_MS: '1',
    MAX_LATE_MS: String(maxLateMs),
  };
}

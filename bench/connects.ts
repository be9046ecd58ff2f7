/**
 * Ten thousand connects a second: `node scripts/run.mjs bench/connects.ts [connects a second] [seconds]`. Each connects, asks for a session
 * and goes away without a word, while one session streams. Prints what became of them, what the streaming session noticed, and the memory.
 */

import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';

import { BUILD_PARTS } from '../scripts/lib/build-parts.mjs';
import { build } from '../scripts/lib/build.mjs';
import { handshakeBytes } from '../tests/helpers/raw-web-socket.ts';
import { LoadClient, type Timings } from './stream/load-client.ts';
import { percentilesOf } from './stream/load.ts';
import { loadProgrammes } from './stream/programme.ts';
import { ServerProcess } from './stream/server-process.ts';
import { ROOT } from './subject.ts';

const DEFAULT_PER_SECOND = 10_000;
const DEFAULT_SECONDS = 3;
const TICKS_PER_SECOND = 50;
const CHUNK_MS = 80;
/** Before the storm, and after it, so that there is something to compare. */
const CALM_SECONDS = 3;
/** Whatever happens, it ends. */
const TIMEOUT_MS = 120_000;
const MEBIBYTE = 1024 * 1024;

const [perSecond = DEFAULT_PER_SECOND, seconds = DEFAULT_SECONDS] = process.argv.slice(2).map(Number);
setTimeout(() => process.exit(1), TIMEOUT_MS).unref();
await build(
  ROOT,
  BUILD_PARTS.filter(({ name }) => name !== 'web page'),
);
const limits = { MAX_SESSIONS: '1000', MAX_SESSIONS_PER_ADDRESS: '1000' };
const server = await ServerProcess.startService({ PORT: '0', WORKERS: '1', LOG_LEVEL: 'fatal', ...limits });
const port = Number(new URL(server.url).port);
const outcomes = new Map<string, number>();
let open = 0;
try {
  const neighbour = await startNeighbour();
  await wait(1000 * CALM_SECONDS);
  const calm = neighbour.takeMs();
  const rssBefore = await server.rssBytes();
  const storm = await storming();
  const during = neighbour.takeMs();
  const rssDuring = await server.rssBytes();
  await wait(1000 * CALM_SECONDS);
  const after = neighbour.takeMs();
  const fault = await neighbour.stop();
  const sessions = await server.metric('kws_sessions');
  const rss = [rssBefore, rssDuring, await server.rssBytes()].map((bytes) => (bytes / MEBIBYTE).toFixed(0));
  console.log(`${storm.offered} connects in ${storm.seconds.toFixed(1)} s (${Math.round(storm.offered / storm.seconds)} a second)`);
  for (const [outcome, count] of outcomes) console.log(`  ${count} × ${outcome}`);
  console.log(`the session beside them, ms from sample to posteriors, p50 / p99: before ${calm}, during ${during}, after ${after}`);
  console.log(`its events: ${fault ?? 'all right'}; sessions left: ${sessions}; RSS before, at the end and after: ${rss.join(', ')} MiB`);
  if (fault !== undefined || sessions > 0) process.exitCode = 1;
} finally {
  await server.stop();
}

async function startNeighbour() {
  const recording = `${ROOT}tests/fixtures/recordings/speech.wav`;
  const [programme] = await loadProgrammes([recording], 2 * CALM_SECONDS + 10 * seconds + 60);
  const timings: Timings = { eventMs: [], posteriorsMs: [] };
  const chunkSamples = (CHUNK_MS * SAMPLE_RATE_HZ) / 1000;
  const client = new LoadClient({ url: server.url, programme: programme!, chunkSamples, wantsPosteriors: true }, timings);
  await client.settled;
  client.time(true);
  const ticker = setInterval(() => client.sendChunk(performance.now()), CHUNK_MS);
  return {
    /** p50 and p99 since the last call. */
    takeMs(): string {
      const { p50, p99 } = percentilesOf(timings.posteriorsMs.splice(0));
      return `${p50.toFixed(1)} / ${p99.toFixed(0)}`;
    },
    async stop(): Promise<string | undefined> {
      clearInterval(ticker);
      client.stop();
      await client.closed;
      return client.fault();
    },
  };
}

/** Opens connections evenly, as many as asked for or as fast as this process can. */
async function storming(): Promise<{ readonly offered: number; readonly seconds: number }> {
  const beganMs = performance.now();
  const perTick = perSecond / TICKS_PER_SECOND;
  let offered = 0;
  for (let tick = 0; tick < seconds * TICKS_PER_SECOND; tick++) {
    for (; offered < (tick + 1) * perTick; offered++) knock();
    const dueMs = beganMs + (1000 * (tick + 1)) / TICKS_PER_SECOND;
    await wait(Math.max(0, dueMs - performance.now()));
  }
  const secondsTaken = (performance.now() - beganMs) / 1000;
  while (open > 0) await wait(10);
  return { offered, seconds: secondsTaken };
}

/** Counts the first line of the answer, or the error; then leaves. */
function knock(): void {
  open++;
  const socket = connect(port, '127.0.0.1', () => socket.write(handshakeBytes()));
  let outcome = 'closed without an answer';
  socket.on('data', (data: Buffer) => {
    outcome = data.toString('latin1').split('\r\n', 1)[0]!;
    socket.resetAndDestroy();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => (outcome = error.code ?? error.message));
  socket.on('close', () => {
    open--;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  });
}

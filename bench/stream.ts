/** `npm run bench:stream`: the whole service under load over real sockets, server and clients in processes of their own. */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';

import { BUILD_PARTS } from '../scripts/lib/build-parts.mjs';
import { build } from '../scripts/lib/build.mjs';
import { RESULTS_FOLDER, writeResult } from './result-file.ts';
import { FIXTURES, measureCapacity, measureIdle, measureOverload, measureRig, type Rig } from './stream/phases.ts';
import { streamMarkdown, type Measurements } from './stream/stream-report.ts';
import { ROOT } from './subject.ts';

const FULL = { steadySeconds: 12, idleSessions: 10_000 };
const QUICK = { steadySeconds: 4, idleSessions: 1000 };
/** Whatever happens, it ends, and writes what it has. */
const TIMEOUT_MS = 360_000;
/** After this share of it no larger load is looked for: the rest takes two minutes. */
const SEARCH_SHARE = 0.5;
const MAX_RECORDINGS = 8;
/** What the rig is shown to carry if no capacity was found. */
const LEAST_RIG_SESSIONS = 100;

const options = await yargs(hideBin(process.argv))
  .usage('npm run bench:stream -- [options]')
  .option('quick', { type: 'boolean', default: false, describe: 'shorter loads, fewer idle sessions' })
  .option('chunk-ms', { type: 'number', default: 80, describe: 'how much audio a message holds' })
  .option('data', { type: 'string', describe: `a folder of WAV files at 16 kHz to send, the first ${MAX_RECORDINGS} of them` })
  .option('output', { type: 'string', default: RESULTS_FOLDER, describe: 'folder for stream.json and stream.md' })
  .strict()
  .help()
  .parse();

const beganMs = performance.now();
const result: Measurements = { failures: [] };
setTimeout(() => {
  result.failures.push(`not done after ${TIMEOUT_MS / 1000} s: this machine is too slow or too busy`);
  writeResults();
  process.exit(1);
}, TIMEOUT_MS).unref();
await build(
  ROOT,
  BUILD_PARTS.filter(({ name }) => name !== 'web page'),
);
const rig: Rig = {
  ...(options.quick ? QUICK : FULL),
  chunkMs: options.chunkMs,
  recordings: options.data === undefined ? FIXTURES : await recordingsIn(options.data),
  endMs: beganMs + SEARCH_SHARE * TIMEOUT_MS,
  say: (message) => console.error(message),
};
await attempt('capacity', async () => (result.capacity = await measureCapacity(rig)));
const sessions = result.capacity?.held?.sessions ?? LEAST_RIG_SESSIONS;
await attempt('overload', async () => (result.overload = await measureOverload(rig, 2 * sessions)));
await attempt('idle', async () => (result.idle = await measureIdle(rig)));
await attempt('rig', async () => (result.rig = await measureRig(rig, sessions)));
writeResults();
process.exitCode = result.failures.length === 0 ? 0 : 1;

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
  const text = streamMarkdown(result);
  writeResult('stream', { figures: { seconds, ...result }, markdown: text, folder: options.output });
  console.log(`\n${text}`);
}

async function recordingsIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.wav')).sort();
  return names.slice(0, MAX_RECORDINGS).map((name) => join(folder, name));
}

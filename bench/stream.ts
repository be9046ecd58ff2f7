/** `npm run bench:stream`: the whole service under load over real sockets, server and clients in processes of their own. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';

import { BUILD_PARTS } from '../scripts/lib/build-parts.mjs';
import { build } from '../scripts/lib/build.mjs';
import { machine } from './report.ts';
import { measureCapacity, measureIdle, measureOverload, measureRig, type Rig } from './stream/phases.ts';
import { streamMarkdown } from './stream/stream-report.ts';
import { ROOT } from './subject.ts';

const FULL = { steadySeconds: 12, idleSessions: 10_000 };
const QUICK = { steadySeconds: 4, idleSessions: 1000 };
/** Whatever happens, it ends. */
const TIMEOUT_MS = 360_000;
const MAX_RECORDINGS = 8;
const FIXTURES = ['yes-stop-left.wav', 'speech.wav'].map((name) => join(ROOT, 'tests/fixtures/recordings', name));
/** What the rig is shown to carry if no capacity was found. */
const LEAST_RIG_SESSIONS = 100;

const options = await yargs(hideBin(process.argv))
  .usage('npm run bench:stream -- [options]')
  .option('quick', { type: 'boolean', default: false, describe: 'shorter loads, fewer idle sessions' })
  .option('chunk-ms', { type: 'number', default: 80, describe: 'how much audio a message holds' })
  .option('data', { type: 'string', describe: `a folder of WAV files at 16 kHz to send, the first ${MAX_RECORDINGS} of them` })
  .option('output', { type: 'string', default: join(ROOT, 'bench/results'), describe: 'folder for stream.json and stream.md' })
  .strict()
  .help()
  .parse();

setTimeout(() => {
  console.error(`not done after ${TIMEOUT_MS / 1000} s; this machine is too slow or too busy`);
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
  say: (message) => console.error(message),
};
const capacity = await measureCapacity(rig);
const sessions = capacity.held?.sessions ?? LEAST_RIG_SESSIONS;
const result = {
  capacity,
  rig: await measureRig(rig, sessions),
  idle: await measureIdle(rig),
  overload: await measureOverload(rig, 2 * sessions),
};
const table = streamMarkdown(result);
mkdirSync(options.output, { recursive: true });
writeFileSync(join(options.output, 'stream.md'), table);
writeFileSync(join(options.output, 'stream.json'), `${JSON.stringify({ machine: machine(), ...result }, undefined, 2)}\n`);
console.log(`\n${table}`);

async function recordingsIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.wav')).sort();
  return names.slice(0, MAX_RECORDINGS).map((name) => join(folder, name));
}

/** `npm run bench`: the kernel and its alternatives side by side, in interleaved rounds, one process and one thread each. */

import { resolve } from 'node:path';

import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';

import { BUILD_PARTS } from '../scripts/lib/build-parts.mjs';
import { build } from '../scripts/lib/build.mjs';
import type { ContenderEntry } from './contender.ts';
import { AbsentError, ContenderProcess } from './contender-process.ts';
import { CONTENDERS } from './contenders.ts';
import { installPeers } from './install-peers.ts';
import { markdown, rowsOf, type Measurement } from './report.ts';
import { RESULTS_FOLDER, writeResult } from './result-file.ts';
import { benchArtefact, DEFAULT_MODEL, ROOT } from './subject.ts';

/** Same weights, same features: what float32 in another order may differ by. */
const POSTERIOR_TOLERANCE = 1e-3;
const FULL = { rounds: 9, roundMs: 400 };
const QUICK = { rounds: 3, roundMs: 150 };

const options = await yargs(hideBin(process.argv))
  .usage('npm run bench -- [options]')
  .option('quick', { type: 'boolean', default: false, describe: 'fewer and shorter rounds' })
  .option('only', { type: 'string', array: true, describe: `only these: ${CONTENDERS.map(({ name }) => name).join(', ')}` })
  .option('model', { type: 'string', default: DEFAULT_MODEL, describe: 'folder of the model' })
  .option('install', { type: 'boolean', default: true, describe: 'install missing peers into bench/peers (--no-install to skip)' })
  .option('output', { type: 'string', default: RESULTS_FOLDER, describe: 'folder for kernel.json and kernel.md' })
  .strict()
  .help()
  .parse();

await build(
  ROOT,
  BUILD_PARTS.filter(({ name }) => name === 'kernel'),
);
if (options.install) installPeers(say);
const absent = new Map<string, string>();
const measurements = await measureAll(CONTENDERS.filter(({ name }) => options.only?.includes(name) ?? true));
assertSamePosteriors(measurements);
const { manifest } = await benchArtefact(resolve(options.model));
const rows = rowsOf(measurements);
const table = markdown(rows, absent, `Model ${manifest.name} ${manifest.version}`);
const figures = { model: { name: manifest.name, version: manifest.version }, rows, absent: Object.fromEntries(absent) };
writeResult('kernel', { figures, markdown: table, folder: options.output });
console.log(`\n${table}`);

async function measureAll(entries: readonly ContenderEntry[]): Promise<Measurement[]> {
  const started: { process: ContenderProcess; measurement: Measurement & { rounds: Measurement['rounds'][number][] } }[] = [];
  for (const entry of entries) {
    say(`starting ${entry.title}`);
    try {
      const { process, ready } = await ContenderProcess.start(entry, resolve(options.model));
      started.push({ process, measurement: { entry, ready, rounds: [] } });
    } catch (error) {
      if (!(error instanceof AbsentError)) throw error;
      absent.set(entry.title, error.message);
    }
  }
  const { rounds, roundMs } = options.quick ? QUICK : FULL;
  for (let round = 1; round <= rounds; round++) {
    for (const { process, measurement } of started) {
      say(`round ${round} of ${rounds}: ${measurement.entry.title}`);
      measurement.rounds.push(await process.round(roundMs));
    }
  }
  for (const { process } of started) process.stop();
  say('');
  return started.map(({ measurement }) => measurement);
}

/** A contender that computes something else is not an alternative. */
function assertSamePosteriors(all: readonly Measurement[]): void {
  const expected = all.find(({ ready }) => ready.posteriors !== undefined)?.ready.posteriors;
  for (const { entry, ready } of all) {
    const differs = ready.posteriors?.some((value, i) => !(Math.abs(value - expected![i]!) < POSTERIOR_TOLERANCE));
    if (differs === true) throw new Error(`${entry.title} gives other posteriors than ${all[0]!.entry.title}`);
  }
}

/** Progress in one line of a terminal, or a line each elsewhere. */
function say(message: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${message}`);
  else if (message !== '') process.stderr.write(`${message}\n`);
}

/** `npm run bench:all`: runs every benchmark in turn and writes `docs/benchmarks.md` from their results. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';

import { BENCHMARKS } from './all/benchmarks.ts';
import { compose, PAGE } from './all/compose.ts';
import { runBenchmark, type Outcome } from './all/run-benchmark.ts';
import { ROOT } from './subject.ts';

const NAMES = BENCHMARKS.map(({ name }) => name);
const SIGNS: Readonly<Record<Outcome['state'], string>> = { done: '✓', failed: '✗', 'out of time': '✗', 'left out': '-' };

const options = await yargs(hideBin(process.argv))
  .usage(`npm run bench:all -- [options]\n\n${BENCHMARKS.map(({ name, title }) => `  ${name.padEnd(22)} ${title}`).join('\n')}`)
  .option('only', { type: 'string', describe: 'these, separated by commas; those that take hours run only when named here' })
  .option('data', { type: 'string', describe: 'unpacked recordings, with speech_commands, speech, noise and rir' })
  .option('compose-only', { type: 'boolean', default: false, describe: 'run nothing' })
  .strict()
  .help()
  .parse();
const only = options.only?.split(',').map((name) => name.trim());
const unknown = only?.filter((name) => !NAMES.includes(name)) ?? [];
if (unknown.length > 0) throw new RangeError(`there is no benchmark ${unknown.join(', ')}; see --help`);

const chosen = options.composeOnly ? [] : BENCHMARKS.filter(({ name, isLong = false }) => only?.includes(name) ?? !isLong);
const outcomes: Outcome[] = [];
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop.abort()); // the one that runs is told too, and what is there is composed
for (const [i, benchmark] of chosen.entries()) {
  if (stop.signal.aborted) break;
  say(`• ${i + 1} of ${chosen.length}: ${benchmark.name}, at most ${benchmark.limitMinutes} min`);
  const outcome = await runBenchmark(benchmark, options.data);
  outcomes.push(outcome);
  say(lineOf(outcome));
}
if (outcomes.length > 0) say(`\n${outcomes.map(lineOf).join('\n')}`);
await writePage();
process.exitCode = outcomes.some(({ state }) => state === 'failed' || state === 'out of time') ? 1 : 0;

function lineOf({ name, state, told }: Outcome): string {
  return `${SIGNS[state]} ${name}: ${state}, ${told}`;
}

async function writePage(): Promise<void> {
  for (const [path, content] of await compose()) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), content);
  }
  say(`${PAGE} is written`);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

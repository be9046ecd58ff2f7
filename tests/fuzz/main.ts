/**
 * `npm run fuzz -- --minutes 10`: fuzzes all targets in turn, guided by coverage; what breaks is kept in the corpus, and the exit code is 1.
 * Minutes are of processor time, so that a busy machine looks as hard as a quiet one.
 */

import { inspect } from 'node:util';

import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';

import { testKernelEngine } from '../helpers/kernel.ts';
import { addToCorpus, readCorpus } from './corpus-files.ts';
import { fuzz, type FuzzReport } from './fuzzer.ts';
import { allTargets } from './targets.ts';

const MINUTE_MICROS = 60_000_000;

const options = await yargs(hideBin(process.argv))
  .usage('npm run fuzz -- [options]')
  .option('minutes', { type: 'number', default: 1, describe: 'of processor time, in all' })
  .option('target', { type: 'string', describe: 'only this one' })
  .option('seed', { type: 'number', default: Date.now() % 2 ** 31, describe: 'of the changes made' })
  .option('keep', { type: 'boolean', default: false, describe: 'add what reached something new to the corpus' })
  .strict()
  .help()
  .parse();

const targets = (await allTargets(await testKernelEngine())).filter(({ name }) => options.target === undefined || name === options.target);
let isClean = true;
for (const target of targets) {
  const begin = process.cpuUsage();
  const isOver = (): boolean => cpuMicrosSince(begin) >= (options.minutes * MINUTE_MICROS) / targets.length;
  const corpus = readCorpus(target.name);
  const report = await fuzz(target, { seed: options.seed, corpus, isOver });
  process.stdout.write(
    `${target.name}: ${summaryOf(report)}, ${(cpuMicrosSince(begin) / MINUTE_MICROS).toFixed(1)} min of CPU, seed ${options.seed}\n`,
  );
  for (const { input, error } of report.findings) process.stderr.write(`${Buffer.from(input).toString('base64')} ${inspect(error)}\n`);
  addToCorpus(
    target.name,
    report.findings.map(({ input }) => input),
  );
  if (options.keep) addToCorpus(target.name, report.kept);
  isClean &&= report.findings.length === 0;
}
process.exitCode = isClean ? 0 : 1;

function cpuMicrosSince(begin: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begin);
  return user + system;
}

function summaryOf({ executions, reached, known, kept, findings }: FuzzReport): string {
  return `${executions} executions, ${reached} of ${known} blocks, ${kept.length} inputs that each reach something new, ${findings.length} findings`;
}

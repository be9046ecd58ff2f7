/** `npm run faults [-- NAME ...]`: does each fault to a service under load, and says what held; the exit code is 1 if something did not. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { inspect } from 'node:util';

import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';

import { BUILD_PARTS } from '../../scripts/lib/build-parts.mjs';
import { build } from '../../scripts/lib/build.mjs';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { FAULTS } from './all-faults.ts';
import { endDescendants } from './descendants.ts';
import type { Fault } from './fault.ts';
import { runFault } from './run-fault.ts';

/** Whatever happens, a fault ends. */
const TIMEOUT_MS = 240_000;

const options = await yargs(hideBin(process.argv))
  .usage(`npm run faults -- [NAME ...]\n\nFaults:\n${FAULTS.map(({ name, describe }) => `  ${name.padEnd(22)} ${describe}`).join('\n')}`)
  .option('inside', { type: 'boolean', default: false, hidden: true })
  .strictOptions()
  .help()
  .parse();
const names = options._.map(String);
const unknown = names.filter((name) => !FAULTS.some((fault) => fault.name === name));
if (unknown.length > 0) throw new RangeError(`there is no fault ${unknown.join(', ')}; see --help`);

process.on('exit', () => endDescendants());
if (!options.inside) {
  await build(
    ROOT,
    BUILD_PARTS.filter(({ name }) => name !== 'web page'),
  );
}
for (const fault of FAULTS.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const isHeld = fault.isAlone === true && !options.inside ? await runAlone(fault) : await runHere(fault);
  if (!isHeld) process.exitCode = 1;
}
process.exit();

/** @returns whether all held */
async function runHere(fault: Fault): Promise<boolean> {
  const obstacle = fault.obstacle?.();
  if (obstacle !== undefined) {
    say(`- ${fault.name}: not here: ${obstacle}`);
    return true;
  }
  const timer = setTimeout(() => {
    say(`✗ ${fault.name}: not done after ${TIMEOUT_MS / 1000} s`);
    process.exit(1);
  }, TIMEOUT_MS);
  try {
    const { findings, notes } = await runFault(fault);
    const isHeld = findings.every((finding) => finding.isHeld);
    say(`${isHeld ? '✓' : '✗'} ${fault.name}: ${fault.describe}`);
    for (const finding of findings)
      say(`    ${finding.isHeld ? '✓' : '✗'} ${finding.what}${finding.seen === '' ? '' : `: ${finding.seen}`}`);
    for (const note of notes) say(`    · ${note}`);
    return isHeld;
  } catch (error) {
    say(`✗ ${fault.name}: ${inspect(error)}`);
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** In a network and with mounts of its own, which go with the process: nothing of this machine's is touched. */
async function runAlone({ name }: Fault): Promise<boolean> {
  const command = 'ip link set lo up && exec "$@"';
  const args = [
    '--net',
    '--mount',
    'sh',
    '-c',
    command,
    'sh',
    process.execPath,
    ...process.execArgv,
    process.argv[1] ?? '',
    '--inside',
    name,
  ];
  const child = spawn('unshare', args, { stdio: 'inherit', cwd: ROOT });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code === 0;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** `npm run load -- SCENARIO`: puts k6's load on a service of its own, on loopback, and prints one table; the exit code is 1 if a bar was missed. */

import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';

import { machine } from '../../bench/report.ts';
import { RESULTS_FOLDER } from '../../bench/result-file.ts';
import { BUILD_PARTS } from '../../scripts/lib/build-parts.mjs';
import { build } from '../../scripts/lib/build.mjs';
import { setUpGoTool } from '../../scripts/lib/go-tools.mjs';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { measureCoreSessions } from './core-sessions.ts';
import { loadTable } from './load-table.ts';
import { measureRig } from './rig.ts';
import { writeLoadResult } from './load-result.ts';
import { runScenario } from './run-scenario.ts';
import { SCENARIOS, type ScenarioName } from './scenarios.ts';
import type { SoakVerdict } from './soak-verdict.ts';

const RIG = 'rig';
/** Of the sessions that a core carries. */
const SOAK_SHARE = 0.7;
const NAMES = Object.keys(SCENARIOS) as ScenarioName[];

const say = (message: string): void => void process.stderr.write(`${message}\n`);
const told = NAMES.map((name) => `  ${name.padEnd(16)} ${SCENARIOS[name].describe}`).join('\n');
const options = await yargs(hideBin(process.argv))
  .usage(`npm run load -- SCENARIO [options]\n\nScenarios:\n${told}\n  ${RIG.padEnd(16)} what k6 can send on this machine at all`)
  .command('$0 <scenario>', false, (command) => command.positional('scenario', { choices: [...NAMES, RIG] as const, demandOption: true }))
  .option('sessions', {
    type: 'number',
    describe: 'virtual users, one socket each; a soak’s are 70 % of what a core is found to carry just before',
  })
  .option('minutes', { type: 'number', describe: 'how long new sessions are begun' })
  .option('session-seconds', { type: 'number', describe: 'how long one session streams' })
  .option('workers', { type: 'number', default: 1, describe: 'processes of the service' })
  .option('p99-ms', { type: 'number', default: 150, describe: 'the bar: from a window’s last sample to its keyword' })
  .option('late-ms', { type: 'number', default: 50, describe: 'the bar for k6 itself: beyond it the figures say nothing of the service' })
  .option('data', {
    type: 'string',
    default: process.env['KWS_DATA'],
    describe: 'Speech Commands, unpacked: recordings of unknown speakers',
  })
  .option('output', { type: 'string', describe: 'a folder for all figures; a soak’s go to bench/results if nothing is said' })
  .strict()
  .help()
  .parse();
const scenario = options['scenario'] as ScenarioName | typeof RIG; // one of the choices

await setUpGoTool(process.env, 'k6');
await build(
  ROOT,
  BUILD_PARTS.filter(({ name }) => name !== 'web page'),
);
if (scenario === RIG) await rig();
else await load(scenario);

async function rig(): Promise<void> {
  const { table, sockets } = await measureRig(options['late-ms'], say);
  process.stdout.write(`${table}\nk6 serves ${sockets} sockets in time; ${machine()}\n`);
}

async function load(name: ScenarioName): Promise<void> {
  const { sessions, minutes, sessionSeconds } = SCENARIOS[name];
  const isSoak = name === 'soak';
  const coreSessions = isSoak && options.sessions === undefined ? await measureCoreSessions(say) : undefined;
  const share = coreSessions === undefined ? undefined : Math.floor(SOAK_SHARE * options.workers * coreSessions);
  const plan = {
    scenario: name,
    sessions: options.sessions ?? share ?? sessions,
    minutes: options.minutes ?? minutes,
    sessionSeconds: options['session-seconds'] ?? sessionSeconds,
    workers: options.workers,
    ...(coreSessions !== undefined && { coreSessions }),
    maxP99Ms: options['p99-ms'],
    maxLateMs: options['late-ms'],
    data: options.data,
  };
  const cut = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => cut.abort()); // a second one ends everything
  const result = await runScenario({ ...plan, say, signal: cut.signal });
  const { isPassed, isCutShort, soak } = result;
  const outcome = isCutShort ? 'cut short; what was measured so far' : isPassed ? 'passed' : 'a bar was missed';
  process.stdout.write(`${loadTable(result)}\n${name}: ${outcome}; ${machine()}\n`);
  if (soak) process.stdout.write(`${soakLine(soak)}\n`);
  const folder = options.output ?? (isSoak ? RESULTS_FOLDER : undefined);
  if (folder !== undefined) writeLoadResult(plan, result, folder);
  process.exitCode = isPassed ? 0 : 1;
}

function soakLine({ verdict, reasons, rssSlopePercentPerHour }: SoakVerdict): string {
  return `soak: ${[verdict, ...reasons].join(', ')}; memory ${rssSlopePercentPerHour.toFixed(2)} % an hour after the warm-up`;
}

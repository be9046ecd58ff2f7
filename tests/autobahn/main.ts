/**
 * `npm run autobahn -- --python PATH --packages DIR`: the Autobahn test-suite (https://github.com/crossbario/autobahn-testsuite) against sockets set as the
 * service's are. It runs on Python 2.7 only, so it is no part of `npm test`; `tests/integration/frames.test.ts` holds the service itself to
 * the same case groups.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { z } from 'zod';

import { startEchoServer } from './echo-server.ts';

const AGENT = 'kws';
/** 9.1 to 9.6 send up to 16 MiB, of which the service takes 64 KiB; 12 and 13 want compression, which it does not offer. */
const LEFT_OUT = ['9.1.*', '9.2.*', '9.3.*', '9.4.*', '9.5.*', '9.6.*', '12.*', '13.*'];
const PROGRAM = "import sys; sys.argv[0] = 'wstest'; from autobahntestsuite.wstest import run; run()";
/** What a case may end with. `NON-STRICT`: allowed, though not the way the suite likes best. */
const PASSED = ['OK', 'NON-STRICT', 'INFORMATIONAL'];

const ReportSchema = z.record(z.string(), z.record(z.string(), z.object({ behavior: z.string(), behaviorClose: z.string() })));

const options = await yargs(hideBin(process.argv))
  .usage('npm run autobahn -- --python PATH --packages DIR')
  .option('python', { type: 'string', default: 'python2.7', describe: 'Python 2.7' })
  .option('packages', { type: 'string', demandOption: true, describe: 'where autobahntestsuite and what it needs are, see README.md' })
  .strict()
  .help()
  .parse();

const directory = await mkdtemp(join(tmpdir(), 'kws-autobahn-'));
const server = await startEchoServer();
try {
  const cases = await runCases(server.url);
  process.stdout.write(summaryOf(cases));
  process.exitCode = cases.every(({ behaviors }) => behaviors.every((behavior) => PASSED.includes(behavior))) ? 0 : 1;
} finally {
  server.close();
  await rm(directory, { recursive: true });
}

interface Case {
  readonly id: string;
  /** Of the frames, and of the close. */
  readonly behaviors: readonly string[];
}

async function runCases(url: string): Promise<readonly Case[]> {
  const spec = { outdir: directory, servers: [{ agent: AGENT, url }], cases: ['*'], 'exclude-cases': LEFT_OUT, 'exclude-agent-cases': {} };
  const specFile = join(directory, 'spec.json');
  await writeFile(specFile, JSON.stringify(spec));
  const child = spawn(options.python, ['-c', PROGRAM, '-m', 'fuzzingclient', '-s', specFile], {
    env: { ...process.env, PYTHONPATH: options.packages },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(child, 'exit');
  const report = ReportSchema.parse(JSON.parse(await readFile(join(directory, 'index.json'), 'utf8')));
  return Object.entries(report[AGENT] ?? {}).map(([id, { behavior, behaviorClose }]) => ({ id, behaviors: [behavior, behaviorClose] }));
}

function summaryOf(cases: readonly Case[]): string {
  const counts = new Map<string, number>();
  for (const { behaviors } of cases) for (const behavior of behaviors.slice(0, 1)) counts.set(behavior, (counts.get(behavior) ?? 0) + 1);
  const odd = cases.filter(({ behaviors }) => behaviors.some((behavior) => behavior !== 'OK'));
  return [
    `${cases.length} cases: ${[...counts].map(([behavior, count]) => `${count} ${behavior}`).join(', ')}`,
    ...odd.map(({ id, behaviors }) => `${id}: ${behaviors.join(', close ')}`),
    '',
  ].join('\n');
}

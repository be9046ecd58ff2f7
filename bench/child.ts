/** One contender in a process of its own: says when it is ready, then measures a round for each line it reads. */

import { createInterface } from 'node:readline';

import type { Contender, ReadyMessage, RoundMessage } from './contender.ts';
import { CONTENDERS } from './contenders.ts';

/** Long enough for V8 to have compiled everything with its optimising compilers. */
const WARM_UP_MS = 700;

const entry = CONTENDERS.find(({ name }) => name === process.argv[2]);
if (entry?.program.type !== 'module') throw new RangeError(`no contender ${process.argv[2]}`);
const contender = await entry.program.load();
const posteriors = await contender.posteriors?.();
await measure(contender, WARM_UP_MS);
say({
  ...(contender.bytesPerSession === undefined ? {} : { bytesPerSession: contender.bytesPerSession }),
  ...(posteriors === undefined ? {} : { posteriors: [...posteriors] }),
});
for await (const line of createInterface({ input: process.stdin })) say(await measure(contender, Number(line.split(' ')[1])));
process.exit(0);

async function measure({ run, unitsPerRun }: Contender, roundMs: number): Promise<RoundMessage> {
  let units = 0;
  const [cpu, started] = [process.cpuUsage(), performance.now()];
  do {
    const pending = run();
    if (pending !== undefined) await pending;
    units += unitsPerRun;
  } while (performance.now() - started < roundMs);
  const wallMicros = (1000 * (performance.now() - started)) / units;
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMicros: (user + system) / units, wallMicros, units };
}

function say(message: ReadyMessage | RoundMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

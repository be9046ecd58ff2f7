/** Puts a load on a server and measures what both processes took. */

import { fork } from 'node:child_process';
import { on } from 'node:events';
import { join } from 'node:path';

import { ROOT } from '../subject.ts';
import type { LoadMessage, LoadPlan, LoadReport } from './load.ts';
import type { ServerProcess } from './server-process.ts';

/** A load and what it took. */
export interface Measured extends LoadReport {
  readonly sessions: number;
  /** CPU seconds of the server a second. */
  readonly serverCpu: number;
  /** At the end of the steady phase. */
  readonly rssBytes: number;
}

/** Runs a plan to its end. */
export async function runLoad(server: ServerProcess, plan: LoadPlan): Promise<Measured> {
  const child = fork(join(ROOT, 'bench/stream-generator.ts'), [JSON.stringify(plan)], { execArgv: ['--import', 'tsx'] });
  const messages: AsyncIterator<unknown, undefined> = on(child, 'message', { close: ['exit'] });
  await take(messages, 'steady');
  const [cpu, beganMs] = [await server.cpuSeconds(), performance.now()];
  await take(messages, 'measured');
  const serverCpu = (1000 * ((await server.cpuSeconds()) - cpu)) / (performance.now() - beganMs);
  const rssBytes = await server.rssBytes();
  const { report } = await take(messages, 'done');
  return { ...report, sessions: plan.sessions, serverCpu, rssBytes };
}

async function take<Type extends LoadMessage['type']>(
  messages: AsyncIterator<unknown, undefined>,
  type: Type,
): Promise<Extract<LoadMessage, { type: Type }>> {
  const { value } = await messages.next();
  const [message] = (value ?? []) as [LoadMessage?]; // of our own program
  if (message?.type !== type) throw new Error(`the load generator said ${message?.type ?? 'nothing more'} instead of ${type}`);
  return message as Extract<LoadMessage, { type: Type }>;
}

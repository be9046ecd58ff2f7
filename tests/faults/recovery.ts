/** Whether and when a service is itself again. */

import { setTimeout as wait } from 'node:timers/promises';

import { connect, MONO_S16 } from '../helpers/stream-client.ts';
import type { BuiltService } from '../helpers/built-service.ts';
import type { FaultReport } from './fault.ts';
import type { StreamingLoad } from './streaming-load.ts';

const POLL_MS = 50;
/** How long is waited at all, to tell late from never. */
const PATIENCE_MS = 60_000;
/** For one session to be told ready. */
const TRY_MS = 2000;

/** Measures from now until the service says it is ready and takes a session. */
export async function checkReadyAgain(service: BuiltService, report: FaultReport): Promise<void> {
  const beganMs = performance.now();
  while (!((await service.isReady()) && (await takesSession(service.url)))) {
    if (performance.now() - beganMs > PATIENCE_MS) break;
    await wait(POLL_MS);
  }
  const tookMs = performance.now() - beganMs;
  report.check('ready again in time, new sessions are taken', tookMs <= report.readyAgainMs, `${(tookMs / 1000).toFixed(1)} s`);
}

/** Whether a session begins within two seconds. */
export async function takesSession(url: string): Promise<boolean> {
  const over = new AbortController();
  const late = wait(TRY_MS, false, { signal: over.signal }).catch(() => false);
  const opening = connect(url);
  const ready = opening.then(async (client) => {
    client.send(MONO_S16);
    await client.next('ready');
    return true;
  });
  const isTaken = await Promise.race([ready.catch(() => false), late]);
  over.abort();
  void opening.then(({ socket }) => socket.terminate()).catch(() => undefined); // refused: there is nothing to end
  return isTaken;
}

/** Waits until a condition holds. @returns how long it took, or undefined if it does not come to hold */
export async function until(condition: () => boolean | Promise<boolean>, patienceMs = PATIENCE_MS): Promise<number | undefined> {
  const beganMs = performance.now();
  while (!(await condition())) {
    if (performance.now() - beganMs > patienceMs) return undefined;
    await wait(POLL_MS);
  }
  return performance.now() - beganMs;
}

/** Ends the load; then as many sessions must have broken as the fault took with it, and no more. */
export async function checkSessions(load: StreamingLoad, report: FaultReport, { lost }: { readonly lost: number }): Promise<void> {
  await load.stop();
  const { broken, whole } = load;
  const isHeld = broken.length === lost && whole > 0;
  const first = broken.map(({ openedMs, closedMs, fault }) => `${Math.round(openedMs)}..${Math.round(closedMs)} ${fault?.slice(0, 160)}`);
  report.check(
    lost === 0 ? 'every session whole, no keyword lost' : 'sessions beside those of the fault whole, no keyword lost',
    isHeld,
    `${whole} whole, ${broken.length} broken${lost > 0 ? `, ${lost} of them by the fault itself` : ''}${isHeld ? '' : `: ${first.join('; ')}`}`,
  );
}

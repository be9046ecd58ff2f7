/** Ends a process and all its children: when their time is over, or when whoever waits for them is told to end. */

/** From the request to end to the end by force. */
const END_TIMEOUT_MS = 60_000;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export interface GroupWatch {
  /** The group has ended. @returns whether its time was over */
  readonly stop: () => boolean;
}

/** Watches a process that was begun with `detached`: signals do not reach it by themselves, for it is not in the terminal's group. */
export function watchGroup(pid: number | undefined, limitMs: number): GroupWatch {
  let isLate = false;
  let force: NodeJS.Timeout | undefined;
  const timer = setTimeout(() => {
    isLate = true;
    endGroup(pid, 'SIGTERM');
    force = setTimeout(() => endGroup(pid, 'SIGKILL'), END_TIMEOUT_MS);
  }, limitMs);
  const passOn = (signal: NodeJS.Signals): void => endGroup(pid, signal);
  for (const signal of SIGNALS) process.on(signal, passOn);
  return {
    stop: () => {
      clearTimeout(timer);
      clearTimeout(force);
      for (const signal of SIGNALS) process.off(signal, passOn);
      return isLate;
    },
  };
}

function endGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return; // it never started
  try {
    process.kill(-pid, signal);
  } catch {
    // it has just ended by itself
  }
}

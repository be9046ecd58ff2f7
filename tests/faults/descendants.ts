/** Ends what a fault started and did not get to end. */

import { readFileSync } from 'node:fs';

/** Ends all children of this process and theirs at once; the frozen ones too. */
export function endDescendants(pid = process.pid): void {
  for (const child of childrenOf(pid)) {
    endDescendants(child);
    try {
      process.kill(child, 'SIGKILL');
    } catch {
      // it has just ended by itself
    }
  }
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return []; // it has just ended by itself
  }
}

/** Runs one fault and collects what it found. */

import type { Fault, Finding } from './fault.ts';

/** What an operator may count on. */
const READY_AGAIN_MS = 10_000;

export interface FaultResult {
  readonly name: string;
  readonly findings: readonly Finding[];
  readonly notes: readonly string[];
}

/** A fault that breaks off has not held. */
export async function runFault(fault: Fault, readyAgainMs = READY_AGAIN_MS): Promise<FaultResult> {
  const findings: Finding[] = [];
  const notes: string[] = [];
  await fault.run({
    readyAgainMs,
    check: (what, isHeld, seen = '') => void findings.push({ what, isHeld, seen }),
    note: (text) => void notes.push(text),
  });
  return { name: fault.name, findings, notes };
}

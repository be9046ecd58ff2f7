/** Runs one fault and collects what it found. */

import type { Fault, Finding } from './fault.ts';

export interface FaultResult {
  readonly name: string;
  readonly findings: readonly Finding[];
  readonly notes: readonly string[];
}

/** A fault that breaks off has not held. */
export async function runFault(fault: Fault): Promise<FaultResult> {
  const findings: Finding[] = [];
  const notes: string[] = [];
  await fault.run({
    check: (what, isHeld, seen = '') => void findings.push({ what, isHeld, seen }),
    note: (text) => void notes.push(text),
  });
  return { name: fault.name, findings, notes };
}

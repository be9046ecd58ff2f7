/** Which programme a virtual user streams, when it begins, and when it comes again. */

import execution from 'k6/execution';
import { setTimeout } from 'k6/timers';

import type { Programme } from './programmes.ts';
import type { LoadSettings } from './settings.ts';
import { streamProgramme, type SessionOptions, type SessionOutcome } from './stream-session.ts';

/** Who is refused comes again after so long, as clients do: asking without a pause would be another test. */
export const RETRY_MS = 5000;

/** Programmes go round, scenario by scenario: the numbers of virtual users go to whichever scenario asks first. */
export function programmeOfTurn(programmes: readonly Programme[]): Programme {
  const programme = programmes[execution.scenario.iterationInTest % programmes.length];
  if (programme === undefined) throw new RangeError('no programmes');
  return programme;
}

/** Streams; whoever is refused has waited when this resolves. */
export async function streamOrWait(options: SessionOptions): Promise<SessionOutcome> {
  const outcome = await streamProgramme(options);
  if (outcome === 'refused') await wait(RETRY_MS);
  return outcome;
}

/** Keeps the first sessions from all coming at once. */
export async function waitForTurn({ sessions, rampSeconds }: Pick<LoadSettings, 'sessions' | 'rampSeconds'>): Promise<void> {
  if (execution.vu.iterationInScenario > 0) return;
  await wait((1000 * rampSeconds * ((execution.vu.idInTest - 1) % sessions)) / sessions);
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

/** Which programme a virtual user streams, and when it begins. */

import execution from 'k6/execution';
import { setTimeout } from 'k6/timers';

import type { Programme } from './programmes.ts';
import type { LoadSettings } from './settings.ts';

/** Programmes go round, scenario by scenario: the numbers of virtual users go to whichever scenario asks first. */
export function programmeOfTurn(programmes: readonly Programme[]): Programme {
  const programme = programmes[execution.scenario.iterationInTest % programmes.length];
  if (programme === undefined) throw new RangeError('no programmes');
  return programme;
}

/** Keeps the first sessions from all coming at once. */
export async function waitForTurn({ sessions, rampSeconds }: Pick<LoadSettings, 'sessions' | 'rampSeconds'>): Promise<void> {
  if (execution.vu.iterationInScenario > 0) return;
  await wait((1000 * rampSeconds * ((execution.vu.idInTest - 1) % sessions)) / sessions);
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

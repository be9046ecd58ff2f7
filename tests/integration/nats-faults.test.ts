/** Faults of the registry under load: what must hold, holds. `npm run faults` does them all. */

import { expect, test } from 'vitest';

import { natsKilled, natsLeaderKilled } from '../faults/registry.ts';
import { runFault } from '../faults/run-fault.ts';

/** A busy machine takes its time; `npm run faults` measures. */
const PATIENCE_MS = 60_000;

test.skipIf(process.platform !== 'linux').each([natsKilled, natsLeaderKilled])('$name: $describe', { timeout: 240_000 }, async (fault) => {
  const { findings } = await runFault(fault, PATIENCE_MS);

  expect(findings.filter(({ isHeld }) => !isHeld)).toEqual([]);
  expect(findings.length).toBeGreaterThan(0);
});

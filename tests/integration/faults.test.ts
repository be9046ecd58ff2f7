/** The faults that take seconds and need nothing but the service: what must hold, holds. `npm run faults` does them all. */

import { expect, test } from 'vitest';

import { hostileArtefacts } from '../faults/artefacts.ts';
import { noDescriptorsAlone } from '../faults/machine.ts';
import { cutLine, stalledLine } from '../faults/network.ts';
import { runFault } from '../faults/run-fault.ts';
import { workerKilled } from '../faults/workers.ts';

/** A busy machine takes its time; `npm run faults` measures. */
const PATIENCE_MS = 60_000;

test.skipIf(process.platform !== 'linux').each([workerKilled, noDescriptorsAlone, hostileArtefacts, stalledLine, cutLine])(
  '$name: $describe',
  { timeout: 240_000 },
  async (fault) => {
    const { findings } = await runFault(fault, PATIENCE_MS);

    expect(findings.filter(({ isHeld }) => !isHeld)).toEqual([]);
    expect(findings.length).toBeGreaterThan(0);
  },
);

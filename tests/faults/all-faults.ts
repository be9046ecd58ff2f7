/** Every fault, by name. */

import { hostileArtefacts } from './artefacts.ts';
import type { Fault } from './fault.ts';
import { clockJump, diskFullModels, memoryLimit, noDescriptorsAlone, noDescriptorsWorkers } from './machine.ts';
import { halfOpen, packetDelay, packetLoss } from './network.ts';
import { natsKilled, natsLeaderKilled, natsPaused } from './registry.ts';
import { workerFrozen, workerKilled, workerPaused } from './workers.ts';

export const FAULTS: readonly Fault[] = [
  workerKilled,
  workerPaused,
  workerFrozen,
  natsKilled,
  natsPaused,
  natsLeaderKilled,
  diskFullModels,
  clockJump,
  noDescriptorsAlone,
  noDescriptorsWorkers,
  memoryLimit,
  hostileArtefacts,
  packetLoss,
  packetDelay,
  halfOpen,
];

/** Every fault, by name. */

import { hostileArtefacts } from './artefacts.ts';
import type { Fault } from './fault.ts';
import { clockJump, diskFullModels, memoryLimit, noDescriptorsAlone, noDescriptorsWorkers } from './machine.ts';
import { cutLine, halfOpen, packetLoss, slowLine, stalledLine } from './network.ts';
import { natsKilled, natsLeaderKilled, natsPaused } from './registry.ts';
import { diskFullTraining } from './training.ts';
import { workerFrozen, workerKilled, workerPaused } from './workers.ts';

export const FAULTS: readonly Fault[] = [
  workerKilled,
  workerPaused,
  workerFrozen,
  natsKilled,
  natsPaused,
  natsLeaderKilled,
  diskFullModels,
  diskFullTraining,
  clockJump,
  noDescriptorsAlone,
  noDescriptorsWorkers,
  memoryLimit,
  hostileArtefacts,
  packetLoss,
  halfOpen,
  slowLine,
  stalledLine,
  cutLine,
];

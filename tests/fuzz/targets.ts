/** All that is fuzzed. */

import type { KernelEngine } from '#shared/kernel/kernel-engine.ts';

import { tinyArtefact } from '../helpers/tiny-model.ts';
import type { Target } from './target.ts';
import { codec } from './targets/codec.ts';
import { handshake } from './targets/handshake.ts';
import { sessionTarget } from './targets/session.ts';
import { wav } from './targets/wav.ts';

/** The targets, with a small model in this kernel. */
export async function allTargets(engine: KernelEngine): Promise<readonly Target[]> {
  return [wav, codec, handshake, sessionTarget(engine.load(await tinyArtefact()))];
}

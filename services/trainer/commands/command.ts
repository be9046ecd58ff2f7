/** What every command of the trainer is: a name with options, and what it does with them. */

import type { CommandModule } from 'yargs';

import { createKernelEngine } from '#shared/kernel/kernel-engine.ts';
import type { Engine } from '#shared/model/classifier.ts';

import { compileKernel } from '../kernel.ts';

/** What only the process itself can know. */
export interface CommandContext {
  /** Aborted by the first Ctrl-C: stop at the next good place and keep what there is. */
  readonly signal: AbortSignal;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A command for `yargs`, whose options are `O`. */
export type Command<O> = CommandModule<object, O>;

/** The engine that production runs. */
export async function productionEngine(): Promise<Engine> {
  return createKernelEngine(await compileKernel());
}

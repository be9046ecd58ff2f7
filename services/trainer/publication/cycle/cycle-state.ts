/** How far a cycle has come, on disk: whole at every moment, so that a killed one goes on where it was. */

import { randomUUID } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { ModelReferenceSchema } from '#shared/registry/model-reference.ts';

import { writeWhole } from '../../artefact-files.ts';
import { PublicationError } from '../publication-error.ts';

const STATE_FILE = 'state.json';

const OutcomeSchema = z.object({
  rule: z.string(),
  incumbent: z.string(),
  candidate: z.string(),
  limit: z.string(),
  holds: z.boolean(),
});
const VerdictSchema = z.object({ passes: z.boolean(), outcomes: z.array(OutcomeSchema) });

/** What every stage of a cycle knows. */
const begun = {
  id: z.string(),
  /** Of the data set that the cycle is about. */
  datasetDigest: z.string(),
  /** The revision of the pointer that the candidate is judged against; absent without an incumbent. */
  from: z.int().optional(),
};
const judged = { ...begun, verdict: VerdictSchema };

const StageSchema = z.discriminatedUnion('stage', [
  /** Waits for another data set. */
  z.object({ stage: z.literal('waiting') }),
  z.object({ stage: z.literal('validating'), id: begun.id, datasetDigest: begun.datasetDigest }),
  z.object({ stage: z.literal('training'), ...begun }),
  z.object({ stage: z.literal('judging'), ...begun }),
  z.object({ stage: z.literal('publishing'), ...judged, version: z.string() }),
  z.object({
    stage: z.literal('reporting'),
    id: begun.id,
    datasetDigest: begun.datasetDigest,
    verdict: VerdictSchema.optional(),
    published: ModelReferenceSchema.optional(),
    /** Why nothing came of it, where it failed. */
    failure: z.string().optional(),
  }),
]);
export type Stage = z.infer<typeof StageSchema>;
/** The stage of this name. */
export type StageOf<Name extends Stage['stage']> = Extract<Stage, { readonly stage: Name }>;

const StateSchema = z.object({
  formatVersion: z.literal(1),
  /** Names this folder to the fleet, the same over restarts. */
  holder: z.string(),
  at: StageSchema,
});
export type CycleState = z.infer<typeof StateSchema>;

/** Reads the state of a folder, which begins anew where there is none. @throws {PublicationError} `cycle_broken` */
export async function readState(directory: string): Promise<CycleState> {
  const text = await readFile(join(directory, STATE_FILE), 'utf8').catch(() => undefined);
  if (text === undefined) return begin(directory);
  try {
    return StateSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new PublicationError('cycle_broken', `${join(directory, STATE_FILE)} is no state of a cycle; remove the folder to begin anew`, {
      cause,
    });
  }
}

export async function writeState(directory: string, state: CycleState): Promise<void> {
  await writeWhole(join(directory, STATE_FILE), `${JSON.stringify(state, undefined, 2)}\n`);
}

async function begin(directory: string): Promise<CycleState> {
  await mkdir(directory, { recursive: true });
  const state: CycleState = { formatVersion: 1, holder: randomUUID(), at: { stage: 'waiting' } };
  await writeState(directory, state);
  return state;
}

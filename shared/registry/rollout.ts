/** How a candidate is tried on live audio before it takes over: part of a model's pointer. */

import { z } from 'zod';

import { ModelReferenceSchema } from '#shared/registry/model-reference.ts';

const share = z.number().min(0).max(1);

/** What a candidate may do; an instance that sees it leave the band halts the rollout everywhere. */
export const RolloutBandSchema = z.object({
  /** Of the candidate's sessions, how many the service may fail by a fault of its own. */
  maxErrorRate: share.default(0.01),
  /** Sessions of the candidate before their error rate counts; a single error among fewer says little. */
  minSessions: z.int().min(1).default(20),
  /** The candidate's events per hour of audio, over the incumbent's. */
  eventRateRatio: z.object({ min: z.number().min(0).default(0.5), max: z.number().min(0).default(2) }).prefault({}),
  /** Audio that each of the two must have heard before their event rates are compared. */
  minAudioSeconds: z.number().min(0).default(600),
  /** Events of both together before their rates are compared. */
  minEvents: z.int().min(1).default(20),
});
export type RolloutBand = z.infer<typeof RolloutBandSchema>;

export const RolloutSchema = z.object({
  /** Another one for each rollout, so that one that was halted is not taken for the next. */
  id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  /** `canary`: sessions are served by the candidate. `shadow`: it runs beside the incumbent, and only its disagreements are counted. */
  mode: z.enum(['canary', 'shadow']),
  candidate: ModelReferenceSchema,
  /** Of sessions, by the hash of their id: a session that is in at a share stays in at every larger one. */
  share,
  band: RolloutBandSchema.prefault({}),
  /** Set by the instance that saw the candidate leave its band; from then on the incumbent serves all. */
  halted: z.object({ at: z.iso.datetime(), by: z.string().max(128), reason: z.string().max(500) }).optional(),
});
export type Rollout = z.infer<typeof RolloutSchema>;

/** What an instance says of a model: the value of `<name>.status.<instance>`, renewed with every change and every so often. */

import { z } from 'zod';

import { DOCUMENT_FORMAT_VERSION, parseDocument } from '#shared/registry/documents.ts';
import { InstanceSchema, ModelNameSchema } from '#shared/registry/names.ts';

/** How often an instance renews its status. */
export const STATUS_INTERVAL_MS = 30_000;
/** An instance that has said nothing for so long is not there any more. */
export const STATUS_STALE_MS = 5 * 60_000;

const model = z.object({ version: z.string(), digest: z.string() });
const count = z.int().min(0);
const fault = z.object({ ...model.shape, code: z.string(), message: z.string().max(1000), at: z.iso.datetime() });

/** What one side of a rollout has done since it began, on this instance. */
export const RolloutTallySchema = z.object({
  sessions: count,
  errors: count,
  events: count,
  audioSeconds: z.number().min(0),
});
export type RolloutTally = z.infer<typeof RolloutTallySchema>;

export const InstanceStatusSchema = z.object({
  formatVersion: z.literal(DOCUMENT_FORMAT_VERSION),
  name: ModelNameSchema,
  instance: InstanceSchema,
  updatedAt: z.iso.datetime(),
  /** The model that serves. */
  model,
  /** Where it is from: `registry`, `cache` (the last good one), `shipped`, `file`. */
  origin: z.enum(['registry', 'cache', 'shipped', 'file']),
  /** The pointer's revision that this instance last acted on; 0 before the first. */
  revision: count,
  /** Sessions it serves now, and models it has put in force since it started. */
  sessions: count,
  swaps: count,
  /** What was last refused, if nothing has been accepted since. */
  refused: fault.optional(),
  rollout: z
    .object({
      id: z.string(),
      mode: z.enum(['canary', 'shadow']),
      state: z.enum(['running', 'refused', 'halted']),
      candidate: model,
      share: z.number(),
      /** Why it was refused or halted. */
      reason: z.string().max(500).optional(),
      tallies: z.object({ incumbent: RolloutTallySchema, candidate: RolloutTallySchema }),
      /** Shadow: events that only one of the two heard. */
      disagreements: z.object({ onlyIncumbent: count, onlyCandidate: count }),
    })
    .optional(),
});
export type InstanceStatus = z.infer<typeof InstanceStatusSchema>;

/** @throws {RegistryError} `invalid_document`, `unsupported_document_format` */
export function parseStatus(text: string): InstanceStatus {
  return parseDocument(InstanceStatusSchema, text);
}

/** What a candidate must hold to be published: a file of rules, with defaults for what it does not name. */

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { parse } from 'yaml';
import { z } from 'zod';

import { TrainerError } from '../trainer-error.ts';

const share = z.number().min(0).max(1);

export const GateRulesSchema = z.strictObject({
  /** Of the test clips, whatever the incumbent does. */
  minAccuracy: share.default(0.5),
  /** By how much the candidate must be better; below 0 it may be worse. */
  minAccuracyGain: z.number().min(-1).max(1).default(0),
  /** For each keyword, in continuous speech and noise: the mean over the keywords. */
  maxFalseAcceptsPerHour: z.number().min(0).default(1),
  /** Above the incumbent's. */
  maxFalseAcceptsRise: z.number().min(0).default(0.1),
  /** Share of words missed, above the incumbent's. */
  maxFalseRejectRise: share.default(0.005),
  /** Time in the kernel, as a multiple of the incumbent's. */
  maxCostRatio: z.number().positive().default(1.1),
  /** Whether the candidate may know fewer keywords than the incumbent. */
  mayLoseKeywords: z.boolean().default(false),
});
export type GateRules = z.infer<typeof GateRulesSchema>;

const GATE_DIRECTORY = new URL('../../../config/gate/', import.meta.url);

/**
 * Reads rules.
 *
 * @param name - of a file in `config/gate/`, or a path that ends in `.yaml`
 * @throws {TrainerError} `invalid_config`
 */
export async function readGateRules(name: string): Promise<GateRules> {
  const path = name.endsWith('.yaml') ? name : fileURLToPath(new URL(`${encodeURIComponent(name)}.yaml`, GATE_DIRECTORY));
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new TrainerError('invalid_config', `the rules ${path} cannot be read`, { cause });
  });
  const parsed = GateRulesSchema.safeParse(parse(text) ?? {});
  if (parsed.success) return parsed.data;
  throw new TrainerError('invalid_config', `${path}: ${z.prettifyError(parsed.error)}`);
}

/** Which configurations a sweep tries: every combination of listed values, or some drawn at random. */

import { readFile } from 'node:fs/promises';

import { parse } from 'yaml';
import { z } from 'zod';

import { randomFor } from '../../random.ts';
import { TrainerError } from '../../trainer-error.ts';

/** More than anybody waits for. */
export const MAX_TRIALS = 1000;

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const RangeSchema = z
  .strictObject({
    from: z.number(),
    to: z.number(),
    scale: z.enum(['linear', 'log']).default('linear'),
    isWhole: z.boolean().default(false),
  })
  .refine(({ from, to, scale }) => from <= to && (scale === 'linear' || from > 0), 'a range goes up, and a logarithmic one begins above 0');
const SpaceSchema = z.record(z.string(), z.union([z.array(z.union([scalar, z.array(z.unknown())])).min(1), RangeSchema]));

/** For each key of the configuration the values to try. */
export type TrialSpace = z.infer<typeof SpaceSchema>;

/** Reads a space from YAML: `train.learningRate: { from: 0.0005, to: 0.005, scale: log }`, `model: [small, standard]`. @throws {TrainerError} `invalid_config` */
export async function readSpace(path: string): Promise<TrialSpace> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new TrainerError('invalid_config', `the space ${path} cannot be read`, { cause });
  });
  const parsed = SpaceSchema.safeParse(parse(text));
  if (parsed.success && Object.keys(parsed.data).length > 0) return parsed.data;
  throw new TrainerError('invalid_config', `${path}: ${parsed.success ? 'it names no key' : z.prettifyError(parsed.error)}`);
}

/**
 * The trials as `key=value` overrides of a configuration.
 *
 * @param count - of trials drawn at random; every combination without, which ranges do not have
 * @throws {TrainerError} `invalid_config`
 */
export function trialsOf(space: TrialSpace, { count, seed }: { readonly count?: number | undefined; readonly seed: number }): string[][] {
  const size = count ?? sizeOf(space);
  if (size === undefined) throw new TrainerError('invalid_config', 'a space with ranges has no end: say how many --trials to draw');
  if (size > MAX_TRIALS) throw new TrainerError('invalid_config', `${size} trials are more than ${MAX_TRIALS}`);
  return Array.from({ length: size }, (_, trial) => (count === undefined ? combination(space, trial) : drawn(space, { trial, seed })));
}

function sizeOf(space: TrialSpace): number | undefined {
  return Object.values(space).reduce<number | undefined>(
    (size, values) => (size === undefined || !Array.isArray(values) ? undefined : size * values.length),
    1,
  );
}

function combination(space: TrialSpace, trial: number): string[] {
  let rest = trial;
  return Object.entries(space).flatMap(([key, values]) => {
    if (!Array.isArray(values)) return [];
    const value = values[rest % values.length];
    rest = Math.floor(rest / values.length);
    return [override(key, value)];
  });
}

function drawn(space: TrialSpace, { trial, seed }: { readonly trial: number; readonly seed: number }): string[] {
  return Object.entries(space).map(([key, values], i) => {
    const random = randomFor(seed, 11, trial, i);
    if (Array.isArray(values)) return override(key, values[random.below(values.length)]);
    const { from, to, scale, isWhole } = values;
    const value = scale === 'log' ? Math.exp(random.between(Math.log(from), Math.log(to))) : random.between(from, to);
    return override(key, isWhole ? Math.round(value) : Number(value.toPrecision(4)));
  });
}

function override(key: string, value: unknown): string {
  return `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`;
}

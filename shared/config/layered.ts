/** Settings in layers: defaults, then what is laid over them, checked as a whole with messages that name the setting at fault. */

import { z } from 'zod';

import { ConfigurationError } from './configuration-error.ts';

/** Settings as text, as an environment has them. */
export interface Layer {
  /** Where the values come from, for messages: `defaults`, `environment`. */
  readonly name: string;
  readonly values: Readonly<Record<string, string | undefined>>;
}

/**
 * Takes each setting of `schema` from the last layer that has it. An empty text counts as absent, as shells and deployments
 * cannot easily leave a variable out; settings that the schema does not know are ignored, as environments are full of them.
 *
 * @throws {ConfigurationError} `invalid_configuration`, naming every setting at fault, its value and its layer
 */
export function layered<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>, layers: readonly Layer[]): z.infer<z.ZodObject<Shape>> {
  const origins = new Map<string, { value: string; layer: string }>();
  for (const { name, values } of layers) {
    for (const setting of Object.keys(schema.shape)) {
      const value = values[setting];
      if (value !== undefined && value !== '') origins.set(setting, { value, layer: name });
    }
  }
  const parsed = schema.safeParse(Object.fromEntries([...origins].map(([setting, { value }]) => [setting, value])));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => {
    const setting = String(path[0]);
    const origin = origins.get(setting);
    return origin ? `${setting}=${JSON.stringify(origin.value)} (${origin.layer}): ${message}` : `${setting} is not set: ${message}`;
  });
  throw new ConfigurationError('invalid_configuration', faults.join('; '));
}

/** A whole number written in digits, within limits. */
export function wholeNumber({ min, max }: { readonly min: number; readonly max: number }): z.ZodType<number> {
  const expectation = `expected a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, expectation)
    .transform(Number)
    .refine((value) => value >= min && value <= max, expectation);
}

/** The query of `POST /v1/detect`. */

import { z } from 'zod';

import { HttpError } from './problem.ts';

const DEFAULT_TOP = 5;
const MAX_TOP = 512;

const decimal = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,17})?$/, 'expected a number')
  .transform(Number);

export const DetectQuerySchema = z.strictObject({
  /** How many labels to rank. */
  top: decimal.pipe(z.int().min(1).max(MAX_TOP)).default(DEFAULT_TOP),
  /** For all keywords; the model's operating points when absent. */
  threshold: decimal.pipe(z.number().min(0).max(1)).optional(),
  /** One of several that the service serves. */
  model: z.string().max(64).optional(),
});
export type DetectQuery = z.infer<typeof DetectQuerySchema>;

/** @throws {HttpError} `invalid_query`, naming the parameter */
export function parseDetectQuery(query: Readonly<Record<string, string>>): DetectQuery {
  const parsed = DetectQuerySchema.safeParse(query);
  if (parsed.success) return parsed.data;
  throw new HttpError(
    'invalid_query',
    parsed.error.issues.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message)).join('; '),
  );
}

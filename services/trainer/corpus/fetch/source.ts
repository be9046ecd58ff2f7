/** A public data set as `config/sources/` describes it: where its archives are, and what they must be. */

import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { parse } from 'yaml';
import { z } from 'zod';

import { TrainerError } from '../../trainer-error.ts';

const ArchiveSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().positive(),
  /** Below the data folder; one name. */
  folder: z.string().regex(/^[\w-]+$/),
});

const SourceSchema = z.strictObject({ name: z.string(), licence: z.string(), archives: z.array(ArchiveSchema).min(1) });

export type Archive = z.infer<typeof ArchiveSchema>;
export type Source = z.infer<typeof SourceSchema>;

/** @param name - of a file in `config/sources/`, or a path that ends in `.yaml` @throws {TrainerError} `invalid_config` */
export async function readSource(name: string): Promise<Source> {
  const path = extname(name) === '.yaml' ? name : fileURLToPath(new URL(`../../../../config/sources/${name}.yaml`, import.meta.url));
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new TrainerError('invalid_config', `there is no source ${name}: ${path} cannot be read`, { cause });
  });
  const parsed = SourceSchema.safeParse(parse(text));
  if (!parsed.success) throw new TrainerError('invalid_config', `${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

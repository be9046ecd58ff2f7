/** Reads the golden vectors of `tests/golden`. */

import { readFileSync } from 'node:fs';

import { z } from 'zod';

import { readWav } from '#shared/audio/wav.ts';
import { FeatureConfigSchema } from '#shared/features/feature-config.ts';

const GoldenSchema = z.object({
  madeBy: z.string(),
  versions: z.record(z.string(), z.string()),
  cases: z.array(z.object({ title: z.string(), features: FeatureConfigSchema, frames: z.array(z.array(z.number())).min(1) })).min(1),
});
export type GoldenCase = z.infer<typeof GoldenSchema>['cases'][number];

/** The cases that `source` computed, one row a frame. */
export function readGoldenCases(source: 'librosa' | 'meyda'): readonly GoldenCase[] {
  return GoldenSchema.parse(JSON.parse(readGoldenFile(`${source}.json`).toString('utf8'))).cases;
}

/** The clip that all cases are of. */
export function readGoldenClip(): Float32Array {
  return readWav(readGoldenFile('clip.wav')).samples;
}

function readGoldenFile(name: string): Buffer {
  return readFileSync(new URL(`../../golden/${name}`, import.meta.url));
}

/** The training that adds a keyword: the network and the features of the model that is there, a short schedule, every word as often as the new one. */

import { z } from 'zod';

import type { Manifest } from '#shared/model/manifest.ts';

import { AugmentationSchema, NetworkSchema, type TrainerConfig } from '../config.ts';
import { TrainerError } from '../trainer-error.ts';

/** What a manifest tells of its own training; models of earlier versions know no convolutions over bands. */
const BaseConfigSchema = z.object({
  augmentation: AugmentationSchema,
  network: z.preprocess((network) => ({ bandConvolutions: [], ...(network as object) }), NetworkSchema),
});

/** Of all keywords together, shared out evenly. */
const KEYWORD_EXAMPLES = 4800;
/** However many keywords there are, each is heard so often in an epoch. */
const EXAMPLES_OF_A_KEYWORD: readonly [least: number, most: number] = [150, 600];
const OTHER_EXAMPLES = { rareWordRepeats: 1, otherWords: 1500, partialWords: 900, otherSpeech: 2500, silence: 400 };
/** A few hundred steps: the average has to follow. */
const AVERAGE_DECAY = 0.99;

/** @throws {TrainerError} `invalid_config` if the model does not say how it was made */
export function keywordConfig(
  base: Manifest,
  { keyword, name, epochs, seed }: { keyword: string; name: string; epochs: number; seed: number },
): TrainerConfig {
  const parsed = BaseConfigSchema.safeParse(base.training.config);
  if (!parsed.success)
    throw new TrainerError(
      'invalid_config',
      `${base.name} ${base.version} does not say how it was trained: ${z.prettifyError(parsed.error)}`,
    );
  const keywords = [...base.keywords, keyword];
  const [least, most] = EXAMPLES_OF_A_KEYWORD;
  const perKeyword = Math.min(most, Math.max(least, Math.round(KEYWORD_EXAMPLES / keywords.length)));
  const { features, windowSamples, strideSamples } = base;
  return {
    name,
    version: '0.1.0',
    seed,
    keywords,
    examples: { ...OTHER_EXAMPLES, perKeyword },
    features,
    windowSamples,
    strideSamples,
    ...parsed.data,
    training: {
      epochs,
      batchSize: 128,
      learningRate: 8e-4,
      warmUpEpochs: 0.5,
      weightDecay: 0.01,
      labelSmoothing: 0.05,
      gradientClip: 1,
      averageDecay: AVERAGE_DECAY,
      workers: 1,
    },
  };
}

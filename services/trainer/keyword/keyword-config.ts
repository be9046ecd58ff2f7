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

/** The shares of an epoch's examples; what is left is for the keywords, shared out evenly. */
const SHARES = { otherWords: 0.15, partialWords: 0.09, otherSpeech: 0.25, silence: 0.04 };
/** However few keywords there are, none is heard more often than this share of the examples. */
const MOST_OF_A_KEYWORD = 0.06;
/** A few hundred steps: the average has to follow. */
const AVERAGE_DECAY = 0.99;

/** @throws {TrainerError} `invalid_config` if the model does not say how it was made */
export function keywordConfig(
  base: Manifest,
  { keyword, name, epochs, examples, seed }: { keyword: string; name: string; epochs: number; examples: number; seed: number },
): TrainerConfig {
  const parsed = BaseConfigSchema.safeParse(base.training.config);
  if (!parsed.success)
    throw new TrainerError(
      'invalid_config',
      `${base.name} ${base.version} does not say how it was trained: ${z.prettifyError(parsed.error)}`,
    );
  const keywords = [...base.keywords, keyword];
  const ofKeywords = 1 - Object.values(SHARES).reduce((sum, share) => sum + share, 0);
  const count = (share: number): number => Math.max(1, Math.round(share * examples));
  const { features, windowSamples, strideSamples } = base;
  return {
    name,
    version: '0.1.0',
    seed,
    keywords,
    examples: {
      rareWordRepeats: 1,
      perKeyword: count(Math.min(MOST_OF_A_KEYWORD, ofKeywords / keywords.length)),
      otherWords: count(SHARES.otherWords),
      partialWords: count(SHARES.partialWords),
      otherSpeech: count(SHARES.otherSpeech),
      silence: count(SHARES.silence),
    },
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

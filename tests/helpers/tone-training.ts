/** A training on the tones of `writeToneCorpus` that is over in seconds. */

import type { TrainerConfig } from '../../services/trainer/config.ts';
import { composeConfig } from '../../services/trainer/configuration/compose.ts';
import type { TrainOptions } from '../../services/trainer/training/train.ts';

const { config } = await composeConfig({ overrides: ['features=mfcc40', 'model=standard'] });

/** Two of the three tones are keywords. */
export const TONE_CONFIG: TrainerConfig = {
  ...config,
  name: 'tones',
  keywords: ['low', 'high'],
  examples: { rareWordRepeats: 1, partialWords: 0, otherSpeech: 0, silence: 16 },
  network: {
    ...config.network,
    convolutions: config.network.convolutions.map((layer) => ({ ...layer, filters: 24 })),
    lstmUnits: [16, 16],
    dropout: 0,
  },
  training: { ...config.training, epochs: 5, batchSize: 16, learningRate: 0.01 },
};

/** Of a training that nobody tracks or stops. */
export const TONE_OPTIONS: Pick<TrainOptions, 'provenance' | 'signal'> = {
  provenance: { runId: 'test', commit: 'unknown' },
  signal: new AbortController().signal,
};

/** Every choice a training makes, in one object that is saved with the model. */

import { z } from 'zod';

import { DEFAULT_FEATURES, FeatureConfigSchema } from '#shared/features/feature-config.ts';

const probability = z.number().min(0).max(1);
const range = z.tuple([z.number(), z.number()]).refine(([low, high]) => low <= high, 'a range is [low, high]');

export const AugmentationSchema = z.strictObject({
  /** Playback speed, as factors; pitch moves along. */
  speed: range,
  /** Where the word lies, against the recording. */
  shiftMs: range,
  /** How far a word is moved out of the window, to either side, to become a part of a word. */
  partialShiftMs: range,
  gainDb: range,
  noiseProbability: probability,
  /** Level of the word above the noise. */
  snrDb: range,
  /** Level of the noise in examples of silence, in dB below full scale. */
  silenceDb: range,
  /** SpecAugment (Park et al., 2019): stretches of time and of mel bands replaced by the window's mean. */
  timeMasks: z.int().min(0),
  timeMaskFrames: z.int().min(0),
  bandMasks: z.int().min(0),
  bandMaskBands: z.int().min(0),
});

export const NetworkSchema = z.strictObject({
  convolutions: z.array(z.strictObject({ filters: z.int().positive(), kernelSteps: z.int().positive(), pool: z.int().positive() })).min(1),
  lstmUnits: z.array(z.int().positive()).min(1),
  pooling: z.enum(['attention', 'last_state']),
  dropout: probability,
});

export const TrainingSchema = z.strictObject({
  epochs: z.int().positive(),
  batchSize: z.int().positive(),
  learningRate: z.number().positive(),
  warmUpEpochs: z.number().min(0),
  weightDecay: z.number().min(0),
  labelSmoothing: probability,
  gradientClip: z.number().positive(),
  /** Worker threads that make batches. */
  workers: z.int().positive(),
});

export const TrainerConfigSchema = z.strictObject({
  name: z.string(),
  version: z.string(),
  seed: z.int(),
  keywords: z.array(z.string()).min(1),
  /** Examples an epoch of what no folder of clips stands for: `_unknown_` and `_silence_`. */
  examples: z.strictObject({
    rareWordRepeats: z.int().min(0),
    partialWords: z.int().min(0),
    otherSpeech: z.int().min(0),
    silence: z.int().min(0),
  }),
  features: FeatureConfigSchema,
  windowSamples: z.int(),
  strideSamples: z.int(),
  augmentation: AugmentationSchema,
  network: NetworkSchema,
  training: TrainingSchema,
});

export type AugmentationConfig = z.infer<typeof AugmentationSchema>;
export type NetworkConfig = z.infer<typeof NetworkSchema>;
export type TrainerConfig = z.infer<typeof TrainerConfigSchema>;

/** The words of Speech Commands with a full set of clips. */
const FULL_WORDS = 'yes no up down left right on off stop go zero one two three four five eight bed bird cat happy backward forward'.split(
  ' ',
);

export const DEFAULT_CONFIG: TrainerConfig = {
  name: 'commands',
  version: '0.2.0',
  seed: 20_260,
  keywords: FULL_WORDS,
  examples: { rareWordRepeats: 8, partialWords: 2000, otherSpeech: 3000, silence: 1600 },
  features: DEFAULT_FEATURES,
  windowSamples: 16_000,
  strideSamples: 1280,
  augmentation: {
    speed: [0.88, 1.14],
    shiftMs: [-180, 180],
    partialShiftMs: [550, 800],
    gainDb: [-18, 9],
    noiseProbability: 0.7,
    snrDb: [6, 35],
    silenceDb: [-90, -20],
    timeMasks: 2,
    timeMaskFrames: 10,
    bandMasks: 2,
    bandMaskBands: 4,
  },
  network: {
    convolutions: [
      { filters: 96, kernelSteps: 6, pool: 2 },
      { filters: 128, kernelSteps: 5, pool: 2 },
      { filters: 160, kernelSteps: 4, pool: 2 },
    ],
    lstmUnits: [96, 64],
    pooling: 'attention',
    dropout: 0.1,
  },
  training: {
    epochs: 40,
    batchSize: 128,
    learningRate: 2e-3,
    warmUpEpochs: 1,
    weightDecay: 0.01,
    labelSmoothing: 0.05,
    gradientClip: 1,
    workers: 1,
  },
};

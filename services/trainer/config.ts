/** Every choice a training makes, in one object that is saved with the model; the values stand in config/*.yaml. */

import { z } from 'zod';

import { FeatureConfigSchema } from '#shared/features/feature-config.ts';

const probability = z.number().min(0).max(1);
const range = z.tuple([z.number(), z.number()]).refine(([low, high]) => low <= high, 'a range is [low, high]');
const positiveRange = range.refine(([low]) => low > 0, 'a factor is above 0');
const shareRange = range.refine(([low, high]) => low >= 0 && high <= 1, 'a share lies between 0 and 1');

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
  /** The word faster or slower, the pitch stays. Effects that are left out draw no random numbers. */
  tempo: z.strictObject({ probability, factor: positiveRange }).optional(),
  /** The voice higher or lower, the length stays. */
  pitch: z.strictObject({ probability, semitones: range }).optional(),
  /** The word convolved with an impulse response of `rir/`; `wet` is the room's share of the sound. */
  room: z.strictObject({ probability, wet: shareRange }).optional(),
  /** Speech of others under the word. */
  otherSpeech: z.strictObject({ probability, snrDb: range }).optional(),
  /** The mel bands moved together by a factor, as another length of the vocal tract moves them. */
  vocalTract: z.strictObject({ probability, factor: positiveRange }).optional(),
  /** The mel bands raised and lowered smoothly, as another microphone does: a tilt and a wave of at most this many dB each. */
  equaliser: z.strictObject({ probability, peakDb: z.number().min(0) }).optional(),
  /** The background taken out of the mel bands, so many times what it is, but for a floor, as a microphone with noise suppression does. */
  noiseSuppression: z.strictObject({ probability, strength: positiveRange, floorDb: range }).optional(),
  /** All but a band of frequencies lowered, as a call or a codec at a low bit rate does. */
  bandLimit: z.strictObject({ probability, lowHz: range, highHz: range, dropDb: range }).optional(),
  /** Noise with a power of 1/f^exponent under the word. */
  colouredNoise: z.strictObject({ probability, exponent: range, snrDb: range }).optional(),
});

export const NetworkSchema = z.strictObject({
  /** Over time and bands, before the others; only for features without a DCT, whose neighbours are neighbouring bands. */
  bandConvolutions: z.array(
    z.strictObject({
      filters: z.int().positive(),
      kernelSteps: z.int().positive(),
      kernelBands: z.int().positive(),
      strideSteps: z.int().positive(),
      strideBands: z.int().positive(),
      pool: z.int().positive(),
    }),
  ),
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
  /** How much of the moving average of the weights a step keeps; 0 turns the average off. */
  averageDecay: probability,
  /**
   * Which epoch is exported: the one that is best on validation clips, unless it is the last: for trainings on what the clips do not show, such as
   * rooms or running speech.
   */
  keep: z.enum(['best', 'last']).optional(),
  /** What a teacher says of the clips of words, as `trainer teach` writes it, and its share in what they are to be taken for. */
  softLabels: z.strictObject({ file: z.string(), weight: probability }).optional(),
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
    /** How often each clip of a keyword comes; 1 where it is not said. */
    keywordRepeats: z.int().min(1).optional(),
    /** So many clips of each keyword instead, drawn anew for each epoch; of a keyword with fewer, each as often as it takes. */
    perKeyword: z.int().min(1).optional(),
    /** With `perKeyword`: so many of these keywords instead. */
    ofKeyword: z.record(z.string(), z.int().min(1)).optional(),
    rareWordRepeats: z.int().min(0),
    /** How many of the clips of other words, drawn anew for each epoch; all where it is not said. */
    otherWords: z.int().min(0).optional(),
    partialWords: z.int().min(0),
    otherSpeech: z.int().min(0),
    /** Which share of them is drawn from what the model that the training begins with (`--from`) takes for a keyword. */
    hardSpeech: probability.optional(),
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

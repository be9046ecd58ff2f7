/**
 * The two trainings that add a keyword: the network and the features of the model that is there, a short schedule, the new word more often than
 * the others; then a shorter one with the speech that the first took for keywords.
 */

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
/** The new word has everything to learn, and the others nothing; also the most of any other, however few there are. */
const NEW_WORD_SHARE = 0.06;
/** Few people have said the new word: every second one of its examples is another voice. */
const VOICES = {
  tempo: { probability: 0.25, factor: [0.85, 1.15] as [number, number] },
  pitch: { probability: 0.25, semitones: [-3, 3] as [number, number] },
};
/** Half of what a network is taught with from the start: less, and the word stays unlearnt; more, and the others are forgotten. */
const LEARNING_RATE = 5e-4;
/** Of the seconds of other speech, in the second training. */
const HARD_SPEECH_SHARE = 0.6;
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
  const ofOldKeywords = 1 - NEW_WORD_SHARE - Object.values(SHARES).reduce((sum, share) => sum + share, 0);
  const count = (share: number): number => Math.max(1, Math.round(share * examples));
  const { features, windowSamples, strideSamples } = base;
  return {
    name,
    version: '0.1.0',
    seed,
    keywords,
    examples: {
      rareWordRepeats: 1,
      perKeyword: count(Math.min(NEW_WORD_SHARE, ofOldKeywords / base.keywords.length)),
      ofKeyword: { [keyword]: count(NEW_WORD_SHARE) },
      otherWords: count(SHARES.otherWords),
      partialWords: count(SHARES.partialWords),
      otherSpeech: count(SHARES.otherSpeech),
      silence: count(SHARES.silence),
    },
    features,
    windowSamples,
    strideSamples,
    network: parsed.data.network,
    augmentation: { ...parsed.data.augmentation, ...VOICES },
    training: {
      epochs,
      batchSize: 128,
      learningRate: LEARNING_RATE,
      warmUpEpochs: 0.5,
      weightDecay: 0.01,
      labelSmoothing: 0.05,
      gradientClip: 1,
      averageDecay: AVERAGE_DECAY,
      workers: 1,
    },
  };
}

/**
 * The training after that of {@link keywordConfig}, from its model: for half as long, at half the rate, more than half of the speech being what
 * that model takes for keywords. Its last epoch is kept: clips of words say nothing of speech.
 */
export function correctionConfig(learnt: TrainerConfig): TrainerConfig {
  const { examples, training } = learnt;
  return {
    ...learnt,
    examples: { ...examples, hardSpeech: HARD_SPEECH_SHARE },
    training: { ...training, epochs: Math.ceil(training.epochs / 2), learningRate: training.learningRate / 2, keep: 'last' },
  };
}

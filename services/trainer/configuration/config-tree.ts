/** A configuration as people write it, in groups, and how it becomes the trainer's. */

import { z } from 'zod';

import { TrainerConfigSchema, type TrainerConfig } from '../config.ts';

const { name, version, seed, keywords, examples, features, windowSamples, strideSamples, augmentation, network, training } =
  TrainerConfigSchema.shape;

/** Top-level keys are the main file's; each object is a group with files of its own. */
export const ConfigTreeSchema = z.strictObject({
  name,
  version,
  seed,
  windowSamples,
  strideSamples,
  features,
  data: z.strictObject({ keywords, examples }),
  model: network,
  train: training,
  augment: augmentation,
});

export type ConfigTree = z.infer<typeof ConfigTreeSchema>;

/** The trainer's own form, which is saved in every model. */
export function trainerConfigOf({ data, model, train, augment, ...rest }: ConfigTree): TrainerConfig {
  return { ...rest, ...data, augmentation: augment, network: model, training: train };
}

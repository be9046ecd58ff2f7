/** A configuration as people write it, in groups, and how it becomes the trainer's. */

import { z } from 'zod';

import { TrainerConfigSchema, type TrainerConfig } from '../config.ts';
import { TrackingSettingsSchema } from '../tracking/tracking-settings.ts';

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
  /** Where runs are kept; no part of what is trained, so it may be left out. */
  tracking: TrackingSettingsSchema.prefault({}),
});

export type ConfigTree = z.infer<typeof ConfigTreeSchema>;

/** The trainer's own form, which is saved in every model. */
export function trainerConfigOf({ data, model, train, augment, tracking: _, ...rest }: ConfigTree): TrainerConfig {
  return { ...rest, ...data, augmentation: augment, network: model, training: train };
}

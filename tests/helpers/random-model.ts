/** Any network that a manifest can describe, small and with random weights: for properties that must hold for all of them. */

import fc from 'fast-check';

import { DEFAULT_FEATURES, framesIn, samplesOf, type FeatureConfig } from '#shared/features/feature-config.ts';
import { readArtefact, writeArtefact, type Artefact } from '#shared/model/artefact.ts';
import { framesPerStep, type Layer } from '#shared/model/topology.ts';

import { randomWeights, tinyManifest, type ManifestDraft, type WeightTensor } from './tiny-model.ts';

/** Enough to make a model again. */
export interface ModelRecipe {
  readonly manifest: ManifestDraft;
  readonly seed: number;
}

const MIN_WINDOW_SAMPLES = 4000;
const MAX_STRIDE_SAMPLES = 16_000;
/** Makes gates and attention leave the middle of their range, so that mistakes show in the posteriors. */
const WEIGHT_GAIN = 2;
const DENSE_GAIN = 6;

/**
 * Recipes of networks with up to two convolutions over time and bands, three over time, pools after any of them and two LSTMs; any stride,
 * any number of channels.
 */
export const modelRecipe: fc.Arbitrary<ModelRecipe> = fc
  .record({
    hopSamples: fc.constantFrom(80, 160, 250, 512),
    coefficients: fc.integer({ min: 8, max: 21 }),
    extraFrames: fc.integer({ min: 0, max: 30 }),
    bandStages: fc.array(
      fc.record({
        filters: fc.integer({ min: 1, max: 11 }),
        kernelSteps: fc.integer({ min: 1, max: 5 }),
        kernelBands: fc.integer({ min: 1, max: 6 }),
        strideSteps: fc.integer({ min: 1, max: 3 }),
        strideBands: fc.integer({ min: 1, max: 4 }),
        pool: fc.integer({ min: 1, max: 2 }),
      }),
      { maxLength: 2 },
    ),
    stages: fc.array(
      fc.record({ filters: channels(), kernelSteps: fc.integer({ min: 0, max: 6 }), pool: fc.integer({ min: 1, max: 3 }) }),
      {
        maxLength: 3,
      },
    ),
    lstms: fc.array(channels(), { maxLength: 2 }),
    pooling: fc.constantFrom('attention' as const, 'last_state' as const),
    labels: fc.integer({ min: 2, max: 11 }),
    strideSteps: fc.integer({ min: 1, max: 4 }),
    seed: fc.integer({ min: 1, max: 1_000_000 }),
  })
  .map(({ hopSamples, coefficients, extraFrames, labels, strideSteps, seed, ...network }) => {
    const features = { ...DEFAULT_FEATURES, hopSamples, coefficients, melBands: coefficients };
    const windowSamples = samplesOf(framesIn(MIN_WINDOW_SAMPLES, features) + 1 + extraFrames, features);
    const topology = layersThatFit(network, framesIn(windowSamples, features), labels);
    const strideSamples = hopSamples * framesPerStep(topology) * strideSteps;
    return { manifest: manifestOf({ features, windowSamples, strideSamples, topology, labels }), seed };
  })
  .filter(({ manifest }) => manifest.strideSamples <= MAX_STRIDE_SAMPLES && manifest.strideSamples >= 160);

/** The model of a recipe. */
export async function modelOf({ manifest, seed }: ModelRecipe): Promise<Artefact> {
  const weights = new Map([...randomWeights(manifest, seed)].map(([name, tensor]) => [name, amplified(name, tensor)]));
  return readArtefact(await writeArtefact(manifest, weights));
}

/** A manifest of a network of `labels` outputs, each of them a keyword. */
export function manifestOf({
  labels,
  ...overrides
}: Omit<Partial<ManifestDraft>, 'labels'> & { features: FeatureConfig; labels: number }): ManifestDraft {
  const names = Array.from({ length: labels }, (_, i) => `word_${i}`);
  const operatingPoint = { threshold: 0.5, patience: 2, refractoryMs: 500 };
  const { coefficients } = overrides.features;
  return tinyManifest({
    ...overrides,
    labels: names,
    keywords: names,
    operatingPoints: Object.fromEntries(names.map((name) => [name, operatingPoint])),
    normalisation: {
      mean: Array.from({ length: coefficients }, (_, i) => (i === 0 ? 60 : 0)),
      deviation: Array.from({ length: coefficients }, (_, i) => (i === 0 ? 20 : 4)),
    },
  });
}

function channels(): fc.Arbitrary<number> {
  return fc.integer({ min: 1, max: 34 });
}

interface NetworkSketch {
  readonly bandStages: readonly (Omit<Extract<Layer, { type: 'conv2d' }>, 'type' | 'name'> & { readonly pool: number })[];
  readonly stages: readonly { readonly filters: number; readonly kernelSteps: number; readonly pool: number }[];
  readonly lstms: readonly number[];
  readonly pooling: 'attention' | 'last_state';
}

/** Leaves out the layers for which the window is too short. */
function layersThatFit({ bandStages, stages, lstms, pooling }: NetworkSketch, frames: number, labels: number): Layer[] {
  const layers: Layer[] = [];
  let steps = frames;
  const addPool = (name: string, size: number): void => {
    if (size === 1 || steps < size) return;
    layers.push({ type: 'max_pool', name, size });
    steps = Math.floor(steps / size);
  };
  bandStages.forEach(({ pool, ...layer }, i) => {
    if (steps < layer.kernelSteps) return;
    layers.push({ type: 'conv2d', name: `conv_bands_${i}`, ...layer });
    steps = Math.floor((steps - layer.kernelSteps) / layer.strideSteps) + 1;
    addPool(`pool_bands_${i}`, pool);
  });
  stages.forEach(({ filters, kernelSteps, pool }, i) => {
    if (kernelSteps > 0 && steps >= kernelSteps) {
      layers.push({ type: 'conv1d', name: `conv_${i}`, filters, kernelSteps });
      steps -= kernelSteps - 1;
    }
    addPool(`pool_${i}`, pool);
  });
  lstms.forEach((units, i) => layers.push({ type: 'lstm', name: `lstm_${i}`, units }));
  return [...layers, { type: pooling, name: 'pooling' }, { type: 'dense', name: 'dense', units: labels }];
}

function amplified(name: string, { shape, values }: WeightTensor): WeightTensor {
  if (name.startsWith('conv')) return { shape, values };
  const gain = name.startsWith('dense') ? DENSE_GAIN : WEIGHT_GAIN;
  return { shape, values: values.map((value) => gain * value) };
}

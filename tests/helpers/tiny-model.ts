/** A small, valid model with seeded random weights: for tests that need some network, not a good one. */

import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

import { DEFAULT_FEATURES, framesIn } from '#shared/features/feature-config.ts';
import { readArtefact, writeArtefact, type Artefact, type ArtefactFiles } from '#shared/model/artefact.ts';
import { MANIFEST_FORMAT_VERSION, SILENCE_LABEL, UNKNOWN_LABEL, type Manifest } from '#shared/model/manifest.ts';
import { shapesOf, sizeOf, type Layer, type TensorShape } from '#shared/model/topology.ts';

export type ManifestDraft = Omit<Manifest, 'weights' | 'digest'>;

/** What a test wants different: any field of the manifest, or other random weights. */
export interface TinyModelOverrides extends Partial<ManifestDraft> {
  readonly seed?: number;
}

/** A tensor as `writeArtefact` takes it. */
export interface WeightTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const TINY_TOPOLOGY: Layer[] = [
  { type: 'conv1d', name: 'conv_1', filters: 8, kernelSteps: 6 },
  { type: 'max_pool', name: 'pool_1', size: 2 },
  { type: 'conv1d', name: 'conv_2', filters: 12, kernelSteps: 5 },
  { type: 'max_pool', name: 'pool_2', size: 2 },
  { type: 'conv1d', name: 'conv_3', filters: 16, kernelSteps: 4 },
  { type: 'max_pool', name: 'pool_3', size: 2 },
  { type: 'lstm', name: 'lstm_1', units: 12 },
  { type: 'lstm', name: 'lstm_2', units: 8 },
  { type: 'attention', name: 'attention' },
  { type: 'dense', name: 'dense', units: 4 },
];

// About the statistics of speech, so that the network sees inputs of the size it would in earnest.
const MEAN = Array.from({ length: DEFAULT_FEATURES.coefficients }, (_, row) => (row === 0 ? 80 : 0));
const DEVIATION = Array.from({ length: DEFAULT_FEATURES.coefficients }, (_, row) => (row === 0 ? 20 : 4));
const OPERATING_POINT = { threshold: 0.5, patience: 2, refractoryMs: 500 };
/** Biases small enough not to drown what the network hears. */
const BIAS_SPREAD = 0.1;

/** A manifest without weights, valid for the tiny network. */
export function tinyManifest(overrides: Partial<ManifestDraft> = {}): ManifestDraft {
  return {
    formatVersion: MANIFEST_FORMAT_VERSION,
    name: 'tiny',
    version: '0.0.1',
    labels: ['yes', 'no', UNKNOWN_LABEL, SILENCE_LABEL],
    keywords: ['yes', 'no'],
    windowSamples: 16_000,
    strideSamples: 1280,
    features: DEFAULT_FEATURES,
    normalisation: { mean: MEAN, deviation: DEVIATION },
    topology: TINY_TOPOLOGY,
    detection: { smoothingWindows: 3, releaseRatio: 0.8 },
    operatingPoints: { yes: OPERATING_POINT, no: OPERATING_POINT },
    metrics: {},
    dataset: { name: 'none', version: '0', digest: '', licence: 'CC0-1.0' },
    training: { config: {}, runId: 'none', seed: 0, commit: '' },
    ...overrides,
  };
}

/** Random weights `[tensor name → shape, values]` for every tensor of the manifest's topology; the same for the same seed. */
export function randomWeights(manifest: ManifestDraft, seed = 1): Map<string, WeightTensor> {
  const { topology, windowSamples, features } = manifest;
  const generator = xoroshiro128plus(seed);
  const shapes = shapesOf(topology, framesIn(windowSamples, features), features.coefficients);
  const valuesOf = (tensor: TensorShape): Float32Array => {
    const spread = spreadOf(tensor);
    return Float32Array.from({ length: sizeOf(tensor.shape) }, () => spread * (2 * uniformFloat32(generator) - 1));
  };
  return new Map(
    shapes.flatMap(({ weights }) => weights.map((tensor) => [tensor.name, { shape: tensor.shape, values: valuesOf(tensor) }])),
  );
}

/** The two files of a tiny model. */
export function tinyArtefactFiles({ seed, ...overrides }: TinyModelOverrides = {}): Promise<ArtefactFiles> {
  const manifest = tinyManifest(overrides);
  return writeArtefact(manifest, randomWeights(manifest, seed));
}

/** A tiny model, written and read back as a real one is. */
export async function tinyArtefact(overrides: TinyModelOverrides = {}): Promise<Artefact> {
  return readArtefact(await tinyArtefactFiles(overrides));
}

/** He initialisation keeps the activations' size through ReLU layers. */
function spreadOf({ name, shape }: TensorShape): number {
  if (name.endsWith('/bias')) return BIAS_SPREAD;
  const fanIn = sizeOf(shape.slice(0, Math.max(1, shape.length - 1)));
  return Math.sqrt(6 / fanIn);
}

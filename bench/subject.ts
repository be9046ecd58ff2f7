/** What all contenders run on: the same weights, the same audio. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

import { DEFAULT_FEATURES, framesIn } from '#shared/features/feature-config.ts';
import { MfccExtractor } from '#shared/features/mfcc.ts';
import { MANIFEST_FILE, readArtefact, WEIGHTS_FILE, writeArtefact, type Artefact } from '#shared/model/artefact.ts';
import { MANIFEST_FORMAT_VERSION, strideFrames, windowFrames, type Manifest } from '#shared/model/manifest.ts';
import { normaliseFrames } from '#shared/model/normalisation.ts';
import { shapesOf, sizeOf, type Layer } from '#shared/model/topology.ts';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const DEFAULT_MODEL = `${ROOT}models/default`;
/** How the parent tells contenders which model. */
export const MODEL_VARIABLE = 'KWS_BENCH_MODEL';
const AUDIO_SAMPLES = 160_000;
const SEED = 1;

/** The shape of the default model, with random weights, for a checkout that has no model yet. */
const TOPOLOGY: Layer[] = [
  { type: 'conv1d', name: 'conv_1', filters: 96, kernelSteps: 6 },
  { type: 'max_pool', name: 'pool_1', size: 2 },
  { type: 'conv1d', name: 'conv_2', filters: 128, kernelSteps: 5 },
  { type: 'max_pool', name: 'pool_2', size: 2 },
  { type: 'conv1d', name: 'conv_3', filters: 160, kernelSteps: 4 },
  { type: 'max_pool', name: 'pool_3', size: 2 },
  { type: 'lstm', name: 'lstm_1', units: 96 },
  { type: 'lstm', name: 'lstm_2', units: 64 },
  { type: 'attention', name: 'attention' },
  { type: 'dense', name: 'dense', units: 25 },
];

/** The model that the benchmark was asked for, or one of the default's shape with random weights. */
export async function benchArtefact(directory = process.env[MODEL_VARIABLE] ?? DEFAULT_MODEL): Promise<Artefact> {
  if (directory === DEFAULT_MODEL && !existsSync(join(directory, MANIFEST_FILE))) return randomArtefact();
  return readArtefact({
    manifestJson: readFileSync(join(directory, MANIFEST_FILE), 'utf8'),
    weightsBytes: readFileSync(join(directory, WEIGHTS_FILE)),
  });
}

/** Ten seconds that swell and fade, in [-1, 1] at 16 kHz. */
export function benchAudio(): Float32Array {
  const generator = xoroshiro128plus(SEED);
  return Float32Array.from({ length: AUDIO_SAMPLES }, (_, i) => {
    const loudness = 0.3 * Math.abs(Math.sin(i / 4000));
    const tone = Math.sin(i * (0.05 + 0.1 * Math.abs(Math.sin(i / 9000))));
    return loudness * (tone + 0.3 * (2 * uniformFloat32(generator) - 1));
  });
}

/** Features of the audio, as streams and as batches of windows take them. */
export class BenchFrames {
  readonly manifest: Manifest;
  readonly #frames: Float32Array;
  readonly #count: number;

  constructor(manifest: Manifest) {
    const audio = benchAudio();
    this.manifest = manifest;
    this.#count = framesIn(audio.length, manifest.features);
    this.#frames = new Float32Array(this.#count * manifest.features.coefficients);
    new MfccExtractor(manifest.features).extract(audio, this.#count, this.#frames);
  }

  /** The first window, unnormalised. */
  get firstWindow(): Float32Array {
    return this.#frames.slice(0, windowFrames(this.manifest) * this.manifest.features.coefficients);
  }

  /** The strides after the first window, unnormalised. */
  get strides(): Float32Array[] {
    const { coefficients } = this.manifest.features;
    const [first, stride] = [windowFrames(this.manifest), strideFrames(this.manifest)];
    const count = Math.floor((this.#count - first) / stride);
    return Array.from({ length: count }, (_, i) => {
      const start = first + i * stride;
      return this.#frames.slice(start * coefficients, (start + stride) * coefficients);
    });
  }

  /** `[batch, windowFrames, coefficients]`, normalised, a stride apart; begins again where the audio ends. */
  normalisedBatch(batch: number): Float32Array {
    const { coefficients } = this.manifest.features;
    const windowLength = windowFrames(this.manifest) * coefficients;
    const windows = Math.floor((this.#count - windowFrames(this.manifest)) / strideFrames(this.manifest)) + 1;
    const out = new Float32Array(batch * windowLength);
    for (let i = 0; i < batch; i++) {
      const start = (i % windows) * strideFrames(this.manifest) * coefficients;
      out.set(this.#frames.subarray(start, start + windowLength), i * windowLength);
    }
    normaliseFrames(out, this.manifest.normalisation, out);
    return out;
  }
}

/** Bytes of the features of one window: what a stream must hold whose engine computes each window alone. */
export function windowBytes(manifest: Manifest): number {
  return windowFrames(manifest) * manifest.features.coefficients * Float32Array.BYTES_PER_ELEMENT;
}

function randomArtefact(): Promise<Artefact> {
  const generator = xoroshiro128plus(SEED);
  const labels = Array.from({ length: 25 }, (_, i) => `label_${i}`);
  const manifest = {
    formatVersion: MANIFEST_FORMAT_VERSION,
    name: 'random',
    version: '0',
    labels,
    keywords: labels,
    windowSamples: 16_000,
    strideSamples: 1280,
    features: DEFAULT_FEATURES,
    normalisation: { mean: repeated(40, 0), deviation: repeated(40, 10) },
    topology: TOPOLOGY,
    detection: { smoothingWindows: 3, releaseRatio: 0.8 },
    operatingPoints: Object.fromEntries(labels.map((label) => [label, { threshold: 0.5, patience: 2, refractoryMs: 500 }])),
    metrics: {},
    dataset: { name: 'none', version: '0', digest: '', licence: 'none' },
    training: { config: {}, runId: 'none', seed: SEED, commit: '' },
  } as const satisfies Parameters<typeof writeArtefact>[0];
  const tensors = shapesOf(TOPOLOGY, 97, 40).flatMap(({ weights }) => weights);
  const valuesOf = (shape: readonly number[]): Float32Array => {
    const spread = Math.sqrt(6 / Math.max(1, sizeOf(shape.slice(0, -1))));
    return Float32Array.from({ length: sizeOf(shape) }, () => (shape.length > 1 ? spread : 0.1) * (2 * uniformFloat32(generator) - 1));
  };
  return writeArtefact(manifest, new Map(tensors.map(({ name, shape }) => [name, { shape, values: valuesOf(shape) }]))).then(readArtefact);
}

function repeated(length: number, value: number): number[] {
  return Array.from({ length }, () => value);
}

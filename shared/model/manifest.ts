/** `manifest.json`: everything a model is, but for its weights. Written by the trainer, trusted by nobody until it is parsed. */

import { z } from 'zod';

import { SAMPLE_RATE_HZ, FeatureConfigSchema, framesIn } from '#shared/features/feature-config.ts';
import { ModelError } from '#shared/model/model-error.ts';
import { framesPerStep, shapesOf, sizeOf, TopologySchema } from '#shared/model/topology.ts';

/** Raised with every incompatible change; readers refuse any other. */
export const MANIFEST_FORMAT_VERSION = 1;
/** The label of speech that is none of the keywords. */
export const UNKNOWN_LABEL = '_unknown_';
/** The label of everything that is not speech. */
export const SILENCE_LABEL = '_silence_';
const MAX_LABELS = 512;
/** What a model may be called. */
export const MODEL_NAME_PATTERN = /^[a-z0-9][a-z0-9_-]{0,63}$/;

const rate = z.number().min(0).max(1);

/** When a keyword counts as heard, and what that choice was measured to cost. */
export const OperatingPointSchema = z.strictObject({
  threshold: rate,
  /** Windows in a row at or above the threshold. */
  patience: z.int().min(1).max(50),
  /** After a detection, how long the same keyword stays quiet. */
  refractoryMs: z.number().min(0).max(60_000),
  falseAcceptsPerHour: z.number().min(0).optional(),
  falseRejectRate: rate.optional(),
});
export type OperatingPoint = z.infer<typeof OperatingPointSchema>;

const WeightTensorSchema = z.strictObject({ name: z.string().max(64), shape: z.array(z.int().min(1)).min(1).max(4) });

export const ManifestSchema = z
  .strictObject({
    formatVersion: z.literal(MANIFEST_FORMAT_VERSION),
    name: z.string().regex(MODEL_NAME_PATTERN),
    version: z.string().min(1).max(64),
    /** One a posterior, in the order of the last layer's outputs. */
    labels: z.array(z.string().min(1).max(64)).min(2).max(MAX_LABELS),
    /** The labels that may become events. */
    keywords: z.array(z.string()).min(1).max(MAX_LABELS),
    windowSamples: z.int().min(4000).max(48_000),
    strideSamples: z.int().min(160).max(16_000),
    features: FeatureConfigSchema,
    /** Per coefficient; the network sees `(coefficient − mean) / deviation`. */
    normalisation: z.strictObject({ mean: z.array(z.number()), deviation: z.array(z.number().positive()) }),
    topology: TopologySchema,
    weights: z.array(WeightTensorSchema).max(256),
    detection: z.strictObject({
      /** The score is the mean posterior of this many last windows. */
      smoothingWindows: z.int().min(1).max(50),
      /** A keyword is let go when its score falls below `threshold × releaseRatio`. */
      releaseRatio: rate,
    }),
    operatingPoints: z.record(z.string(), OperatingPointSchema),
    metrics: z.record(z.string(), z.number()),
    dataset: z.strictObject({ name: z.string(), version: z.string(), digest: z.string(), licence: z.string() }),
    training: z.strictObject({ config: z.record(z.string(), z.unknown()), runId: z.string(), seed: z.int(), commit: z.string() }),
    /** SHA-256 of `weights.bin`, lower-case hex. */
    digest: z.string().regex(/^[0-9a-f]{64}$/),
    /** Ed25519 over the rest of the manifest, base64; see `shared/registry/signature.ts`. */
    signature: z.string().optional(),
  })
  .readonly();
export type Manifest = z.infer<typeof ManifestSchema>;

/**
 * Checks an untrusted manifest, shapes included.
 *
 * @throws {ModelError} `unsupported_model_format`, `invalid_manifest`
 */
export function parseManifest(json: unknown): Manifest {
  const declared = z.object({ formatVersion: z.unknown() }).safeParse(json).data?.formatVersion;
  if (declared !== MANIFEST_FORMAT_VERSION) {
    throw new ModelError(
      'unsupported_model_format',
      `this build reads model format ${MANIFEST_FORMAT_VERSION}, the manifest says ${JSON.stringify(declared)}`,
    );
  }
  const parsed = ManifestSchema.safeParse(json);
  if (!parsed.success) throw new ModelError('invalid_manifest', `the manifest does not fit: ${z.prettifyError(parsed.error)}`);
  assertConsistent(parsed.data);
  return parsed.data;
}

/** How many frames one window holds. */
export function windowFrames({ windowSamples, features }: Manifest): number {
  return framesIn(windowSamples, features);
}

/** By how many frames consecutive windows are apart. */
export function strideFrames({ strideSamples, features }: Manifest): number {
  return strideSamples / features.hopSamples;
}

/** The number of values in `weights.bin`. */
export function weightCount({ weights }: Manifest): number {
  return weights.reduce((count, { shape }) => count + sizeOf(shape), 0);
}

/** A length of time in samples, as milliseconds. */
export function samplesToMs(samples: number): number {
  return (samples * 1000) / SAMPLE_RATE_HZ;
}

function assertConsistent(manifest: Manifest): void {
  const { labels, keywords, operatingPoints, features, normalisation, topology } = manifest;
  const complain = (message: string): never => {
    throw new ModelError('invalid_manifest', message);
  };
  if (new Set(labels).size !== labels.length) complain('labels are not unique');
  if (new Set(keywords).size !== keywords.length) complain('keywords are not unique');
  if (new Set(topology.map(({ name }) => name)).size !== topology.length) complain('names of layers are not unique');
  for (const keyword of keywords) {
    if (!labels.includes(keyword)) complain(`keyword ${JSON.stringify(keyword)} is not among the labels`);
    if (!Object.hasOwn(operatingPoints, keyword)) complain(`keyword ${JSON.stringify(keyword)} has no operating point`);
  }
  for (const statistic of [normalisation.mean, normalisation.deviation]) {
    if (statistic.length !== features.coefficients)
      complain(`normalisation has ${statistic.length} values for ${features.coefficients} coefficients`);
  }
  if (manifest.strideSamples % (features.hopSamples * framesPerStep(topology)) !== 0) {
    complain(
      `stride of ${manifest.strideSamples} samples is no multiple of hop × pooling (${features.hopSamples} × ${framesPerStep(topology)})`,
    );
  }
  assertShapes(manifest, complain);
}

function assertShapes(manifest: Manifest, complain: (message: string) => never): void {
  const shapes = layerShapes(manifest, complain);
  const expected = shapes.flatMap(({ weights }) => weights);
  if (shapes.at(-1)?.outChannels !== manifest.labels.length) {
    complain(`the last layer gives ${shapes.at(-1)?.outChannels} posteriors for ${manifest.labels.length} labels`);
  }
  const describe = ({ name, shape }: { name: string; shape: readonly number[] }): string => `${name}[${shape.join(',')}]`;
  if (expected.map(describe).join(' ') !== manifest.weights.map(describe).join(' ')) {
    complain(`weights do not fit the topology: expected ${expected.map(describe).join(' ')}`);
  }
}

function layerShapes(manifest: Manifest, complain: (message: string) => never): ReturnType<typeof shapesOf> {
  try {
    return shapesOf(manifest.topology, windowFrames(manifest), manifest.features.coefficients);
  } catch (error) {
    return complain(error instanceof Error ? error.message : String(error));
  }
}

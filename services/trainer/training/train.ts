/** A training from start to end: corpus → batches → steps → validation → keep the best → artefact. */

import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-node';

import { framesIn, SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import type { Artefact } from '#shared/model/artefact.ts';
import type { Manifest } from '#shared/model/manifest.ts';
import { normaliseFrames } from '#shared/model/normalisation.ts';

import { assertTrainable } from '../corpus/assert-trainable.ts';
import { BatchStream } from '../corpus/batch-stream.ts';
import { statisticsOf } from '../corpus/clean-features.ts';
import { isHeldBackNoise, isHeldBackSpeech, labelOf, listCorpus, type Clip } from '../corpus/corpus.ts';
import { IMPULSE_RESPONSE_LABEL, listClips } from '../corpus/dataset/listed-clips.ts';
import { currentLock, datasetOf } from '../corpus/dataset/lock-folder.ts';
import { labelsOf } from '../corpus/examples.ts';
import { cachedFeatures, type FeatureCacheOptions } from '../corpus/feature-cache/feature-cache.ts';
import { withoutKeywords } from '../corpus/other-speech.ts';
import { loadSamples, recordingCount, type SampleStore } from '../corpus/sample-store.ts';
import { readSoftLabels, type SoftLabels } from '../corpus/soft-labels.ts';
import { transcriptsFor } from '../corpus/transcripts.ts';
import type { TrainerConfig } from '../config.ts';
import { createHearerPool } from '../evaluation/hearer.ts';
import { compileKernel } from '../kernel.ts';
import { CnnLstm } from '../network/cnn-lstm.ts';
import { exportArtefact, type Provenance } from '../network/export.ts';
import { widened } from '../network/widen.ts';
import { writeWhole } from '../artefact-files.ts';
import { TrainerError } from '../trainer-error.ts';
import type { TrainingListener } from '../tracking/run-tracker.ts';
import { AdamW } from './adam-w.ts';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { recordFailedBatch, type BatchPlace } from './failed-batch.ts';
import { hardSpeechOf } from './hard-speech.ts';
import { stagedProgress, startProgress } from './progress.ts';
import { learningRateAt, type Schedule } from './schedule.ts';
import { trainStep, type StepContext } from './train-step.ts';
import { accuracyOn, type LabelledFeatures } from './validation.ts';
import { WeightAverage } from './weight-average.ts';

const METRICS_FILE = 'metrics.jsonl';
const NORMALISATION_CLIPS = 3000;
/** Enough for the mean and variance of a convolution's outputs. */
const STATISTICS_CLIPS = 512;

export interface TrainOptions {
  readonly dataDirectory: string;
  /** Where the artefact, the configuration and the metrics go. */
  readonly runDirectory: string;
  readonly provenance: Pick<Provenance, 'runId' | 'commit'>;
  readonly signal: AbortSignal;
  /** A model of the same layers to go on from, instead of random weights; its layers may be narrower, and it may know other words. */
  readonly from?: Artefact | undefined;
  /** Hears of every epoch. */
  readonly listener?: TrainingListener | undefined;
}

/** Of the epoch that is exported: the best on validation clips, or the last where `train.keep` says so. */
export interface TrainResult {
  readonly bestEpoch: number;
  readonly validationAccuracy: number;
}

/** Trains until the last epoch or the signal; the artefact of the epoch to keep is on disk whenever it returns. */
export async function train(config: TrainerConfig, options: TrainOptions): Promise<TrainResult> {
  await mkdir(options.runDirectory, { recursive: true });
  await writeFile(join(options.runDirectory, 'config.json'), JSON.stringify(config, undefined, 2));
  const kernel = await compileKernel();
  const material = await loadMaterial(config, { ...options, kernel });
  const source = { config, ...material.training, normalisation: material.normalisation };
  const stream = new BatchStream({ source, kernel });
  const network = new CnnLstm(config.network, {
    coefficients: config.features.coefficients,
    labels: labelsOf(config).length,
    seed: config.seed,
  });
  if (options.from) startFrom(options.from, network, material);
  try {
    return await runEpochs(config, { ...options, material, stream, network });
  } finally {
    await stream.close();
    network.dispose();
  }
}

/**
 * The outputs of labels that the model does not know begin at random. The statistics of batch normalisation come from validation clips, the only ones
 * at hand as they are.
 *
 * @throws {TrainerError} `topology_mismatch`
 */
function startFrom({ manifest, weights }: Artefact, network: CnnLstm, { validation, labels }: Material): void {
  const { frames, coefficients } = validation;
  const some = spread(validation, STATISTICS_CLIPS);
  const input = tf.tensor3d(some, [some.length / (frames * coefficients), frames, coefficients]);
  const initial = new Map([...network.exportWeights()].map(([name, { values }]) => [name, values]));
  const wide = widened(weights, { initial, from: manifest.topology, to: network.topology(), frames, coefficients });
  network.importWeights(wide, { input, outputs: labels.map((label) => placeOf(label, manifest.labels)) });
  input.dispose();
}

/** The features of at most so many clips, of all words alike: the clips lie word by word. */
function spread({ features, labels, frames, coefficients }: LabelledFeatures, most: number): Float32Array {
  const width = frames * coefficients;
  const clips = Math.min(most, labels.length);
  const out = new Float32Array(clips * width);
  for (let i = 0; i < clips; i++) {
    const clip = Math.floor((i * labels.length) / clips);
    out.set(features.subarray(clip * width, (clip + 1) * width), i * width);
  }
  return out;
}

function placeOf(label: string, labels: readonly string[]): number | undefined {
  const place = labels.indexOf(label);
  return place < 0 ? undefined : place;
}

interface Run extends TrainOptions {
  readonly material: Material;
  readonly stream: BatchStream;
  readonly network: CnnLstm;
}

async function runEpochs(config: TrainerConfig, run: Run): Promise<TrainResult> {
  const { training } = config;
  const { network, stream, material } = run;
  const weights = [...network.trainable().map(({ variable }) => variable), ...network.statistics()];
  const optimiser = new AdamW(network.trainable(), training);
  const average = new WeightAverage(weights, training.averageDecay);
  const state = [...weights, ...optimiser.variables, ...average.variables];
  const steps = stream.batchesPerEpoch;
  const schedule = { peak: training.learningRate, warmUpSteps: training.warmUpEpochs * steps, totalSteps: training.epochs * steps };
  const shape = { frames: material.validation.frames, coefficients: config.features.coefficients, labels: labelsOf(config).length };
  const context: StepContext = { network, optimiser, shape, labelSmoothing: training.labelSmoothing };
  const checkpoint = await resume(config, run.runDirectory, state);
  optimiser.resumeAt(checkpoint?.optimiserSteps ?? 0);
  const onFailure = (place: BatchPlace): Promise<void> =>
    recordFailedBatch(run.runDirectory, place, { config, ...material.training, clips: material.trainingClips });
  let best: TrainResult = checkpoint?.best ?? { bestEpoch: 0, validationAccuracy: 0 };
  const isToKeep = (accuracy: number): boolean => training.keep === 'last' || accuracy > best.validationAccuracy;
  for (let epoch = checkpoint?.epochs ?? 0; epoch < training.epochs; epoch++) {
    const startedMs = Date.now();
    const trained = await runEpoch(epoch, { context, stream, schedule, training, average, onFailure, signal: run.signal });
    if (run.signal.aborted) break; // the epoch is not whole: the next start begins it again
    const validationAccuracy = await average.during(async () => {
      const accuracy = await accuracyOn(network, material.validation);
      if (isToKeep(accuracy)) await exportWeights(config, run, accuracy);
      return accuracy;
    });
    const isKept = isToKeep(validationAccuracy);
    if (isKept) best = { bestEpoch: epoch + 1, validationAccuracy };
    const seconds = (Date.now() - startedMs) / 1000;
    await appendFile(
      join(run.runDirectory, METRICS_FILE),
      `${JSON.stringify({ epoch: epoch + 1, ...trained, validationAccuracy, seconds })}\n`,
    );
    run.listener?.epochEnded({ epoch: epoch + 1, ...trained, validationAccuracy, seconds });
    await saveCheckpoint(
      run.runDirectory,
      { config: JSON.stringify(config), epochs: epoch + 1, optimiserSteps: optimiser.steps, best },
      state,
    );
    process.stderr.write(
      `epoch ${epoch + 1}/${training.epochs}  loss ${trained.loss.toFixed(4)}  accuracy ${percent(trained.accuracy)}  validation ${percent(validationAccuracy)}${isKept ? ` (${training.keep ?? 'best'})` : ''}  ${seconds.toFixed(0)} s\n`,
    );
  }
  optimiser.dispose();
  average.dispose();
  return best;
}

/** Puts a run's checkpoint in place, and drops what was logged after it. */
async function resume(config: TrainerConfig, runDirectory: string, state: readonly tf.Variable[]): ReturnType<typeof loadCheckpoint> {
  const checkpoint = await loadCheckpoint(runDirectory, JSON.stringify(config), state);
  const path = join(runDirectory, METRICS_FILE);
  const logged = await readFile(path, 'utf8').catch(() => '');
  const lines = logged
    .split('\n')
    .filter(Boolean)
    .slice(0, checkpoint?.epochs ?? 0);
  await writeWhole(path, lines.map((line) => `${line}\n`).join(''));
  if (checkpoint) process.stderr.write(`going on after epoch ${checkpoint.epochs} of ${config.training.epochs}\n`);
  return checkpoint;
}

async function exportWeights(
  config: TrainerConfig,
  { network, material, provenance, runDirectory }: Run,
  validationAccuracy: number,
): Promise<void> {
  await exportArtefact(network, config, {
    ...provenance,
    directory: runDirectory,
    normalisation: material.normalisation,
    metrics: { validationAccuracy },
    dataset: material.dataset,
  });
}

interface EpochContext {
  readonly context: StepContext;
  readonly stream: BatchStream;
  readonly schedule: Schedule;
  readonly training: TrainerConfig['training'];
  readonly average: WeightAverage;
  readonly onFailure: (place: BatchPlace) => Promise<void>;
  readonly signal: AbortSignal;
}

async function runEpoch(
  epoch: number,
  { context, stream, schedule, training, average, onFailure, signal }: EpochContext,
): Promise<{ loss: number; accuracy: number }> {
  const bar = startProgress(`epoch ${epoch + 1}/${training.epochs}`, stream.batchesPerEpoch, ['loss', 'accuracy']);
  let [lossSum, accuracySum, done] = [0, 0, 0];
  for await (const batch of stream.epoch(epoch)) {
    const step = epoch * stream.batchesPerEpoch + done;
    const { loss, accuracy } = await trainStep(batch, context, { step, learningRate: learningRateAt(step, schedule) }).catch(
      async (error: unknown) => {
        await onFailure({ epoch, batch: done });
        throw error;
      },
    );
    average.update(step);
    lossSum += loss;
    accuracySum += accuracy;
    done++;
    bar.update(done, { loss: (lossSum / done).toFixed(4), accuracy: percent(accuracySum / done) });
    if (signal.aborted) break;
  }
  bar.stop();
  return { loss: lossSum / done, accuracy: accuracySum / done };
}

interface Material {
  readonly labels: readonly string[];
  readonly training: {
    readonly words: SampleStore;
    readonly clipLabels: readonly string[];
    readonly softLabels: SoftLabels | undefined;
    readonly speech: SampleStore;
    readonly hardSpeech: SampleStore | undefined;
    readonly noise: SampleStore;
    readonly rooms: SampleStore | undefined;
  };
  readonly validation: LabelledFeatures;
  readonly normalisation: Manifest['normalisation'];
  readonly dataset: Manifest['dataset'];
  /** In the order of `training.words`. */
  readonly trainingClips: readonly Clip[];
}

async function loadMaterial(
  config: TrainerConfig,
  { dataDirectory, from, kernel }: Pick<TrainOptions, 'dataDirectory' | 'from'> & { kernel: WebAssembly.Module },
): Promise<Material> {
  const keywords = new Set(config.keywords);
  const corpus = await listCorpus(dataDirectory);
  assertTrainable(corpus.clips, config.keywords);
  const trainingClips = corpus.clips.filter(({ split }) => split === 'training');
  const validationClips = corpus.clips.filter(({ split }) => split === 'validation');
  const softLabels = await softLabelsOf(config, { clips: trainingClips, directory: dataDirectory });
  const words = await loadWithProgress(
    'training clips',
    trainingClips.map(({ path }) => path),
  );
  const heldBack = await loadWithProgress(
    'validation clips',
    validationClips.map(({ path }) => path),
  );
  const speechPaths = corpus.speech.filter((path) => !isHeldBackSpeech(path));
  const speech = withoutKeywords(await loadWithProgress('other speech', speechPaths), {
    paths: speechPaths,
    transcripts: await transcriptsFor(dataDirectory, undefined),
    keywords: config.keywords,
    windowSamples: config.windowSamples,
  });
  process.stderr.write(`other speech without keywords: ${minutes(speech)} min in ${recordingCount(speech)} stretches\n`);
  const hardSpeech = await hardSpeechFor(config, { speech, from });
  const noise = await loadWithProgress(
    'noise',
    corpus.noise.filter((path) => !isHeldBackNoise(path)),
  );
  const rooms = config.augmentation.room && (await loadRooms(dataDirectory));
  const cache = { features: config.features, windowSamples: config.windowSamples, kernel };
  const normalisation = from?.manifest.normalisation ?? (await fitNormalisation(words, cache));
  const features = await cachedFeatures(heldBack, [...validationClips.keys()], cache);
  normaliseFrames(features, normalisation, features);
  const labels = Int32Array.from(validationClips, ({ word }) => labelsOf(config).indexOf(labelOf(word, keywords)));
  const frames = framesIn(config.windowSamples, config.features);
  return {
    labels: labelsOf(config),
    training: { words, clipLabels: trainingClips.map(({ word }) => labelOf(word, keywords)), softLabels, speech, hardSpeech, noise, rooms },
    validation: { features, labels, frames, coefficients: config.features.coefficients },
    normalisation,
    dataset: datasetOf(await currentLock(dataDirectory, stagedProgress('hashing the data'))),
    trainingClips,
  };
}

/** @throws {TrainerError} `data_not_found`, `invalid_dataset` */
async function softLabelsOf(config: TrainerConfig, clips: { clips: readonly Clip[]; directory: string }): Promise<SoftLabels | undefined> {
  const { softLabels } = config.training;
  return (
    softLabels && { posteriors: await readSoftLabels(softLabels.file, { ...clips, labels: labelsOf(config) }), weight: softLabels.weight }
  );
}

/** @throws {TrainerError} `invalid_config` without a model to begin with that knows a keyword */
async function hardSpeechFor(
  { examples, keywords, training }: TrainerConfig,
  { speech, from }: { speech: SampleStore; from: Artefact | undefined },
): Promise<SampleStore | undefined> {
  if (!examples.hardSpeech) return undefined;
  if (!from) throw new TrainerError('invalid_config', 'data.examples.hardSpeech is what a model mistakes: name the model with --from');
  const hearer = await createHearerPool(from, training.workers);
  const bar = startProgress('hearing other speech', recordingCount(speech));
  try {
    const hard = await hardSpeechOf(speech, { artefact: from, keywords, hearer, onProgress: (heard) => bar.update(heard, {}) });
    bar.stop();
    process.stderr.write(`taken for keywords: ${minutes(hard)} min in ${recordingCount(hard)} stretches\n`);
    return hard;
  } finally {
    await hearer.close();
  }
}

/** @throws {TrainerError} `data_not_found` */
async function loadRooms(dataDirectory: string): Promise<SampleStore> {
  const paths = (await listClips(dataDirectory))
    .filter(({ label, split }) => label === IMPULSE_RESPONSE_LABEL && split === 'training')
    .map(({ path }) => join(dataDirectory, path));
  if (paths.length === 0) throw new TrainerError('data_not_found', `augment.room needs impulse responses in ${dataDirectory}/rir`);
  return loadWithProgress('impulse responses', paths);
}

/** Fitted on clean clips spread evenly over the corpus. */
async function fitNormalisation(words: SampleStore, options: FeatureCacheOptions): Promise<Manifest['normalisation']> {
  const count = recordingCount(words);
  const step = Math.max(1, Math.floor(count / NORMALISATION_CLIPS));
  const some = Array.from({ length: Math.ceil(count / step) }, (_, i) => i * step);
  return statisticsOf(await cachedFeatures(words, some, options), options.features.coefficients);
}

async function loadWithProgress(stage: string, paths: readonly string[]): Promise<SampleStore> {
  const bar = startProgress(`reading ${stage}`, paths.length);
  const store = await loadSamples(paths, (files) => bar.update(files, {}));
  bar.stop();
  return store;
}

function minutes({ samples }: SampleStore): string {
  return (samples.length / SAMPLE_RATE_HZ / 60).toFixed(0);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

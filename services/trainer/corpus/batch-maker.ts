/** Makes the batches of an epoch: examples to augmented, normalised features. Runs in worker threads. */

import type { FeatureExtractor } from '#shared/features/mfcc.ts';
import { dctMatrix } from '#shared/features/matrices.ts';
import { framesIn, type FeatureConfig } from '#shared/features/feature-config.ts';
import type { Manifest } from '#shared/model/manifest.ts';
import { normaliseFrames } from '#shared/model/normalisation.ts';

import type { TrainerConfig } from '../config.ts';
import { randomFor, type Random } from '../random.ts';
import { TrainerError } from '../trainer-error.ts';
import { addNoise, applyGain, fillWithNoise, maskBands, placeCrop, placePartOfWord, placeWord } from './augmentation.ts';
import { Effects } from './effects/effects.ts';
import { examplesOfEpoch, labelsOf, type Example } from './examples.ts';
import { recordingCount, recordingOf, type SampleStore } from './sample-store.ts';
import { writeTarget, type SoftLabels } from './soft-labels.ts';

/** Everything a worker needs; posted to it once. */
export interface BatchSource {
  readonly config: TrainerConfig;
  readonly words: SampleStore;
  readonly clipLabels: readonly string[];
  /** What a teacher says of `words`, where there is one. */
  readonly softLabels?: SoftLabels | undefined;
  readonly speech: SampleStore;
  /** What of `speech` was taken for keywords, where a configuration asks for it. */
  readonly hardSpeech?: SampleStore | undefined;
  readonly noise: SampleStore;
  /** Impulse responses, where a configuration asks for rooms. */
  readonly rooms?: SampleStore | undefined;
  readonly normalisation: Manifest['normalisation'];
}

/** What decides which examples an epoch has. */
export type ExampleSource = Pick<BatchSource, 'config' | 'clipLabels' | 'speech' | 'hardSpeech'>;

/** One batch. */
export interface Batch {
  /** `[batch, frames, coefficients]`, normalised */
  readonly features: Float32Array<ArrayBuffer>;
  /** `[batch]` */
  readonly labels: Int32Array<ArrayBuffer>;
  /** `[batch, labels]`, what the posteriors are to become */
  readonly targets: Float32Array<ArrayBuffer>;
}

/** The features before the DCT, where SpecAugment masks bands. */
export function logMelFeatures(features: FeatureConfig): FeatureConfig {
  return { ...features, dct: 'none', coefficients: features.melBands };
}

/** How many whole batches an epoch has. @throws {TrainerError} `invalid_config` if it has none, `empty_class` */
export function batchesPerEpoch(source: BatchSource): number {
  const { batchSize } = source.config.training;
  const examples = epochExamples(0, source).length;
  if (examples < batchSize)
    throw new TrainerError('invalid_config', `an epoch has ${examples} examples, fewer than the ${batchSize} of train.batchSize`);
  return Math.floor(examples / batchSize);
}

/** The examples of an epoch, in the order in which its batches take them. */
export function epochExamples(epoch: number, { config, clipLabels, speech, hardSpeech }: ExampleSource): readonly Example[] {
  const hardRecordings = hardSpeech ? recordingCount(hardSpeech) : 0;
  return examplesOfEpoch(epoch, { config, clipLabels, speechRecordings: recordingCount(speech), hardRecordings });
}

/** Makes any batch of any epoch; the same address always gives the same batch. */
export class BatchMaker {
  readonly #source: BatchSource;
  readonly #extractor: FeatureExtractor;
  readonly #effects: Effects;
  readonly #dct: Float32Array;
  readonly #window: Float32Array;
  readonly #logMel: Float32Array;
  #epoch = -1;
  #examples: readonly Example[] = [];

  /** @param extractor - of `logMelFeatures(source.config.features)` */
  constructor(source: BatchSource, extractor: FeatureExtractor) {
    const { features, windowSamples, augmentation } = source.config;
    this.#source = source;
    this.#effects = new Effects({ augmentation, windowSamples, features, speech: source.speech, rooms: source.rooms });
    this.#extractor = extractor;
    this.#dct = dctMatrix(features);
    this.#window = new Float32Array(windowSamples);
    this.#logMel = new Float32Array(framesIn(windowSamples, features) * features.melBands);
  }

  batch(epoch: number, index: number): Batch {
    const { config } = this.#source;
    const size = config.training.batchSize;
    const examples = this.#examplesOf(epoch).slice(index * size, (index + 1) * size);
    const width = (this.#logMel.length / config.features.melBands) * config.features.coefficients;
    const features = new Float32Array(examples.length * width);
    const labels = labelsOf(config).length;
    const targets = new Float32Array(examples.length * labels);
    examples.forEach((example, i) => {
      const clip = example.kind === 'word' ? example.recording : undefined;
      writeTarget(targets.subarray(i * labels, (i + 1) * labels), example.label, { softLabels: this.#source.softLabels, clip });
      const address = [config.seed, 3, epoch, index, i];
      const random = randomFor(...address);
      this.#render(example, random, address);
      this.#featuresInto(features.subarray(i * width, (i + 1) * width), random, address);
    });
    return { features, labels: Int32Array.from(examples, ({ label }) => label), targets };
  }

  #examplesOf(epoch: number): readonly Example[] {
    if (epoch !== this.#epoch) {
      this.#examples = epochExamples(epoch, this.#source);
      this.#epoch = epoch;
    }
    return this.#examples;
  }

  #render(example: Example, random: Random, address: readonly number[]): void {
    const { config, words, speech, hardSpeech, noise } = this.#source;
    const window = this.#window;
    const { augmentation } = config;
    switch (example.kind) {
      case 'silence':
        return fillWithNoise(window, augmentation, { random, noise });
      case 'speech':
        placeCrop(recordingOf(speech, example.recording), { random, window });
        break;
      case 'hardSpeech':
        placeCrop(recordingOf(hardSpeech!, example.recording), { random, window });
        break;
      case 'partial':
        placePartOfWord(this.#effects.voice(recordingOf(words, example.recording), address), augmentation, { random, window });
        break;
      case 'word':
        placeWord(this.#effects.voice(recordingOf(words, example.recording), address), augmentation, { random, window });
    }
    this.#effects.surroundings(window, address);
    if (random.chance(augmentation.noiseProbability)) addNoise(window, augmentation, { random, noise });
    applyGain(window, augmentation, random);
  }

  #featuresInto(out: Float32Array, random: Random, address: readonly number[]): void {
    const { config, normalisation } = this.#source;
    const { melBands } = config.features;
    const frames = this.#logMel.length / melBands;
    this.#extractor.extract(this.#window, frames, this.#logMel);
    this.#effects.spectrum(this.#logMel, address);
    maskBands(this.#logMel, { bands: melBands, augmentation: config.augmentation, random });
    if (config.features.dct === 'none') out.set(this.#logMel);
    else this.#cosineTransform(out, frames);
    normaliseFrames(out, normalisation, out);
  }

  #cosineTransform(out: Float32Array, frames: number): void {
    const { melBands, coefficients } = this.#source.config.features;
    for (let frame = 0; frame < frames; frame++) {
      for (let row = 0; row < coefficients; row++) {
        let sum = 0;
        for (let band = 0; band < melBands; band++) sum += this.#dct[row * melBands + band]! * this.#logMel[frame * melBands + band]!;
        out[frame * coefficients + row] = sum;
      }
    }
  }
}

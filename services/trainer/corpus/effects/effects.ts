/**
 * The effects that a configuration may add to every example: another pitch or tempo, a room, speech of others, coloured noise, another
 * vocal tract or microphone, a microphone that suppresses noise, a call. Each draws from a stream of random numbers of its own, so that turning one on changes nothing else.
 */

import type { FeatureConfig } from '#shared/features/feature-config.ts';

import type { AugmentationConfig } from '../../config.ts';
import { randomFor, type Random } from '../../random.ts';
import { addNoise } from '../augmentation.ts';
import { recordingCount, type SampleStore } from '../sample-store.ts';
import { ColouredNoise } from './coloured-noise.ts';
import { rmsOf, Rooms } from './room.ts';
import { equalise, limitBand, suppressNoise, warpBands } from './spectrum.ts';
import { shiftPitch, stretch } from './time-stretch.ts';

/** Below this a word counts as quiet as this, so that noise is not scaled to nothing. */
const MIN_WORD_RMS = 1e-3;
/** The streams, one an effect: what follows the address of an example. */
const STREAMS = {
  tempo: 1,
  pitch: 2,
  room: 3,
  otherSpeech: 4,
  colouredNoise: 5,
  vocalTract: 6,
  equaliser: 7,
  noiseSuppression: 8,
  bandLimit: 9,
} as const;

export interface EffectsSource {
  readonly augmentation: AugmentationConfig;
  readonly windowSamples: number;
  readonly speech: SampleStore;
  readonly rooms: SampleStore | undefined;
  readonly features: FeatureConfig;
}

/** Applies what is configured; with nothing configured it does nothing, and draws nothing. */
export class Effects {
  readonly #source: EffectsSource;
  readonly #rooms: Rooms | undefined;
  readonly #colouredNoise: ColouredNoise | undefined;

  constructor(source: EffectsSource) {
    const { augmentation, windowSamples, rooms } = source;
    this.#source = source;
    this.#rooms = augmentation.room && rooms && recordingCount(rooms) > 0 ? new Rooms(rooms, windowSamples) : undefined;
    this.#colouredNoise = augmentation.colouredNoise && new ColouredNoise(windowSamples);
  }

  /** A word's recording, perhaps said at another tempo or by another voice. @param address - of the example */
  voice(recording: Int16Array, address: readonly number[]): Int16Array {
    const { tempo, pitch } = this.#source.augmentation;
    let changed = recording;
    const slower = chosen(tempo, [...address, STREAMS.tempo]);
    if (slower && tempo) changed = stretch(changed, 1 / slower.between(...tempo.factor));
    const higher = chosen(pitch, [...address, STREAMS.pitch]);
    if (higher && pitch) changed = shiftPitch(changed, higher.between(...pitch.semitones));
    return changed;
  }

  /** A window that holds a word or a part of one, in place. */
  surroundings(window: Float32Array, address: readonly number[]): void {
    const { augmentation, speech } = this.#source;
    const { room, otherSpeech, colouredNoise } = augmentation;
    const inside = this.#rooms && chosen(room, [...address, STREAMS.room]);
    if (inside && room) this.#rooms.apply(window, room.wet, inside);
    const beside = recordingCount(speech) > 0 ? chosen(otherSpeech, [...address, STREAMS.otherSpeech]) : undefined;
    if (beside && otherSpeech) addNoise(window, otherSpeech, { random: beside, noise: speech });
    const noisy = chosen(colouredNoise, [...address, STREAMS.colouredNoise]);
    if (noisy && colouredNoise) this.#addColouredNoise(window, colouredNoise, noisy);
  }

  /** The features of a window, in place. @param logMel - `[frames, bands]` */
  spectrum(logMel: Float32Array, address: readonly number[]): void {
    const { augmentation, features } = this.#source;
    const { vocalTract, equaliser, noiseSuppression, bandLimit } = augmentation;
    const other = chosen(vocalTract, [...address, STREAMS.vocalTract]);
    if (other && vocalTract) warpBands(logMel, features.melBands, other.between(...vocalTract.factor));
    const coloured = chosen(equaliser, [...address, STREAMS.equaliser]);
    const suppressed = chosen(noiseSuppression, [...address, STREAMS.noiseSuppression]);
    if (suppressed && noiseSuppression) {
      const [strength, floorDb] = [suppressed.between(...noiseSuppression.strength), suppressed.between(...noiseSuppression.floorDb)];
      suppressNoise(logMel, { features, strength, floorDb });
    }
    if (coloured && equaliser) equalise(logMel, { features, peakDb: equaliser.peakDb }, coloured);
    const narrow = chosen(bandLimit, [...address, STREAMS.bandLimit]);
    if (narrow && bandLimit) {
      const [lowHz, highHz, dropDb] = [
        narrow.between(...bandLimit.lowHz),
        narrow.between(...bandLimit.highHz),
        narrow.between(...bandLimit.dropDb),
      ];
      limitBand(logMel, { features, lowHz, highHz, dropDb });
    }
  }

  #addColouredNoise(window: Float32Array, { exponent, snrDb }: NonNullable<AugmentationConfig['colouredNoise']>, random: Random): void {
    const noise = this.#colouredNoise!.make(random.between(...exponent), random);
    const scale = Math.max(MIN_WORD_RMS, rmsOf(window)) * 10 ** (-random.between(...snrDb) / 20);
    for (let n = 0; n < window.length; n++) window[n] = window[n]! + scale * noise[n]!;
  }
}

/** The random numbers of an effect where it is configured and its turn. */
function chosen(effect: { readonly probability: number } | undefined, address: readonly number[]): Random | undefined {
  if (effect === undefined) return undefined;
  const random = randomFor(...address);
  return random.chance(effect.probability) ? random : undefined;
}

/** Turns a recording into a training example: another speed, place and level, with noise, and SpecAugment on its log-mel bands. */

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';

import type { AugmentationConfig } from '../config.ts';
import type { Random } from '../random.ts';
import { INT16_SCALE, recordingAt, recordingOf, type SampleStore } from './sample-store.ts';

/** Below this a clip counts as quiet as this, so that noise is not scaled to nothing. */
const MIN_WORD_RMS = 1e-3;

/** Writes a word into a window: resampled linearly around its centre, shifted, zeros where the recording ends. */
export function placeWord(
  clip: Int16Array,
  { speed, shiftMs }: Pick<AugmentationConfig, 'speed' | 'shiftMs'>,
  { random, window }: { random: Random; window: Float32Array },
): void {
  const factor = random.between(...speed);
  const shift = (random.between(...shiftMs) * SAMPLE_RATE_HZ) / 1000;
  const start = clip.length / 2 - (window.length / 2 + shift) * factor;
  for (let n = 0; n < window.length; n++) {
    const position = start + n * factor;
    const before = Math.floor(position);
    if (before < 0 || before + 1 >= clip.length) {
      window[n] = 0;
      continue;
    }
    const fraction = position - before;
    window[n] = ((1 - fraction) * clip[before]! + fraction * clip[before + 1]!) / INT16_SCALE;
  }
}

/** Writes what is left of a word when it begins late or began before the window. */
export function placePartOfWord(
  clip: Int16Array,
  { speed, partialShiftMs: [least, most] }: AugmentationConfig,
  { random, window }: { random: Random; window: Float32Array },
): void {
  const shiftMs: [number, number] = random.chance(0.5) ? [least, most] : [-most, -least];
  placeWord(clip, { speed, shiftMs }, { random, window });
}

/** Writes a stretch of a long recording into a window, from a random place; a recording shorter than the window is placed somewhere inside. */
export function placeCrop(recording: Int16Array, { random, window }: { random: Random; window: Float32Array }): void {
  const slack = recording.length - window.length;
  const offset = Math.floor(random.between(Math.min(0, slack), Math.max(0, slack) + 1));
  for (let n = 0; n < window.length; n++) window[n] = (recording[offset + n] ?? 0) / INT16_SCALE;
}

/** Adds noise to a word at a random signal-to-noise ratio. */
export function addNoise(
  window: Float32Array,
  { snrDb }: Pick<AugmentationConfig, 'snrDb'>,
  { random, noise }: { random: Random; noise: SampleStore },
): void {
  const crop = noiseCrop(noise, random, window.length);
  const wordRms = Math.max(MIN_WORD_RMS, rmsOf(window));
  const noiseRms = rmsOf(crop);
  if (noiseRms === 0) return;
  const scale = (wordRms / noiseRms) * 10 ** (-random.between(...snrDb) / 20);
  for (let n = 0; n < window.length; n++) window[n] = window[n]! + scale * crop[n]!;
}

/** Fills a window with noise at a random level below full scale. */
export function fillWithNoise(
  window: Float32Array,
  { silenceDb }: AugmentationConfig,
  { random, noise }: { random: Random; noise: SampleStore },
): void {
  const crop = noiseCrop(noise, random, window.length);
  const rms = rmsOf(crop);
  const scale = rms === 0 ? 0 : 10 ** (random.between(...silenceDb) / 20) / rms;
  for (let n = 0; n < window.length; n++) window[n] = Math.max(-1, Math.min(1, scale * crop[n]!));
}

/** Changes the level by a random gain; what exceeds full scale is clipped, as a microphone would. */
export function applyGain(window: Float32Array, { gainDb }: AugmentationConfig, random: Random): void {
  const gain = 10 ** (random.between(...gainDb) / 20);
  for (let n = 0; n < window.length; n++) window[n] = Math.max(-1, Math.min(1, gain * window[n]!));
}

/** SpecAugment (Park et al., 2019) on log-mel bands `[frames, bands]`: stretches of time and of bands become the window's mean. */
export function maskBands(
  logMel: Float32Array,
  { bands, augmentation, random }: { bands: number; augmentation: AugmentationConfig; random: Random },
): void {
  const frames = logMel.length / bands;
  const mean = logMel.reduce((sum, value) => sum + value, 0) / logMel.length;
  for (let mask = 0; mask < augmentation.timeMasks; mask++) {
    const length = random.below(augmentation.timeMaskFrames + 1);
    const start = random.below(frames - length + 1);
    logMel.fill(mean, start * bands, (start + length) * bands);
  }
  for (let mask = 0; mask < augmentation.bandMasks; mask++) {
    const height = random.below(augmentation.bandMaskBands + 1);
    const lowest = random.below(bands - height + 1);
    for (let frame = 0; frame < frames; frame++) logMel.fill(mean, frame * bands + lowest, frame * bands + lowest + height);
  }
}

/** Every second of noise is as likely as any other: minutes of one tap beside hundreds of short recordings would hardly ever be heard otherwise. */
function noiseCrop(noise: SampleStore, random: Random, samples: number): Float32Array {
  const crop = new Float32Array(samples);
  placeCrop(recordingOf(noise, recordingAt(noise, random.below(noise.starts.at(-1)!))), { random, window: crop });
  return crop;
}

function rmsOf(window: Float32Array): number {
  let sum = 0;
  for (let n = 0; n < window.length; n++) sum += window[n]! * window[n]!;
  return Math.sqrt(sum / window.length);
}

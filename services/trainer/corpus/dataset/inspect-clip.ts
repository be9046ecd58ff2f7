/** What can be measured of one recording. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { readWav } from '#shared/audio/wav.ts';

/** What a file holds, or why it cannot be read. */
export type ClipFacts =
  { readonly path: string; readonly unreadable: string } | ({ readonly path: string; readonly unreadable?: never } & SoundFacts);

export interface SoundFacts {
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly seconds: number;
  /** The largest sample, full scale is 1. */
  readonly peak: number;
  /** The mean: an offset of the microphone's electronics. */
  readonly offset: number;
  /** The share of the samples at full scale. */
  readonly clipped: number;
  /** SHA-256 of the samples, whatever the file's header says. */
  readonly soundDigest: string;
}

/** As loud as a 16-bit file can be, but for one step. */
const FULL_SCALE = 1 - 1 / 32_768;

/** Measures a WAV file. @param path - relative to `directory` */
export function inspectFile(directory: string, path: string): ClipFacts {
  try {
    const { sampleRateHz, channels, samples } = readWav(readFileSync(join(directory, path)));
    return { path, sampleRateHz, channels, seconds: samples.length / sampleRateHz, ...levelsOf(samples), soundDigest: digestOf(samples) };
  } catch (error) {
    return { path, unreadable: error instanceof Error ? error.message : String(error) };
  }
}

function levelsOf(samples: Float32Array): Pick<SoundFacts, 'peak' | 'offset' | 'clipped'> {
  let [peak, sum, clipped] = [0, 0, 0];
  for (let n = 0; n < samples.length; n++) {
    const level = Math.abs(samples[n]!);
    if (level > peak) peak = level;
    if (level >= FULL_SCALE) clipped++;
    sum += samples[n]!;
  }
  return { peak, offset: sum / samples.length, clipped: clipped / samples.length };
}

function digestOf(samples: Float32Array): string {
  return createHash('sha256')
    .update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength))
    .digest('hex');
}

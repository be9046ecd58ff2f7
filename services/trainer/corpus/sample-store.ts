/** Recordings in memory, as 16-bit samples that worker threads share. */

import { readFile } from 'node:fs/promises';

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import { readWav } from '#shared/audio/wav.ts';

import { TrainerError } from '../trainer-error.ts';

/** A stored sample over this is in [-1, 1). */
export const INT16_SCALE = 32_768;
const FILES_AT_ONCE = 64;

/** Recordings one after the other; recording `i` is `samples[starts[i] … starts[i + 1])`. Plain data, so that it can be posted to a worker. */
export interface SampleStore {
  readonly samples: Int16Array<SharedArrayBuffer>;
  readonly starts: Float64Array;
}

/**
 * Reads recordings into shared memory.
 *
 * @param onProgress - told how many files are read
 * @throws {TrainerError} `unreadable_clip`
 */
export async function loadSamples(paths: readonly string[], onProgress: (files: number) => void): Promise<SampleStore> {
  const recordings: Int16Array[] = [];
  for (let first = 0; first < paths.length; first += FILES_AT_ONCE) {
    recordings.push(...(await Promise.all(paths.slice(first, first + FILES_AT_ONCE).map(readRecording))));
    onProgress(recordings.length);
  }
  return storeOf(recordings);
}

/** Puts recordings into shared memory. */
export function storeOf(recordings: readonly Int16Array[]): SampleStore {
  const starts = new Float64Array(recordings.length + 1);
  recordings.forEach(({ length }, i) => (starts[i + 1] = starts[i]! + length));
  const samples = new Int16Array(new SharedArrayBuffer(starts[recordings.length]! * Int16Array.BYTES_PER_ELEMENT));
  recordings.forEach((recording, i) => samples.set(recording, starts[i]));
  return { samples, starts };
}

/** The number of recordings in a store. */
export function recordingCount({ starts }: SampleStore): number {
  return starts.length - 1;
}

/** Recording `i`, as a view. */
export function recordingOf({ samples, starts }: SampleStore, i: number): Int16Array {
  return samples.subarray(starts[i], starts[i + 1]);
}

/** In which recording a sample of the store lies. */
export function recordingAt(store: SampleStore, sample: number): number {
  let [low, high] = [0, recordingCount(store) - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (store.starts[middle]! <= sample) low = middle;
    else high = middle - 1;
  }
  return low;
}

async function readRecording(path: string): Promise<Int16Array> {
  try {
    const { sampleRateHz, samples } = readWav(await readFile(path));
    if (sampleRateHz !== SAMPLE_RATE_HZ) throw new RangeError(`its sample rate is ${sampleRateHz} Hz, expected ${SAMPLE_RATE_HZ}`);
    const recording = new Int16Array(samples.length);
    for (let n = 0; n < samples.length; n++)
      recording[n] = Math.max(-INT16_SCALE, Math.min(INT16_SCALE - 1, Math.round(samples[n]! * INT16_SCALE)));
    return recording;
  } catch (cause) {
    throw new TrainerError('unreadable_clip', `cannot use ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

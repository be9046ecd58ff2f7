/** Recordings from outside, at any rate and with any number of channels, as the pipeline has them. */

import { readFile } from 'node:fs/promises';

import { Resampler } from '#shared/audio/resampler.ts';
import { readWav } from '#shared/audio/wav.ts';

import { TrainerError } from '../trainer-error.ts';

/**
 * Reads a WAV file.
 *
 * @returns 16 kHz mono, in [-1, 1]
 * @throws {TrainerError} `unreadable_clip`
 */
export async function readRecording(path: string): Promise<Float32Array> {
  try {
    const { sampleRateHz, samples } = readWav(await readFile(path));
    const resampler = new Resampler(sampleRateHz);
    const head = Float32Array.from(resampler.push(samples));
    const tail = resampler.flush();
    const whole = new Float32Array(head.length + tail.length);
    whole.set(head);
    whole.set(tail, head.length);
    return whole;
  } catch (cause) {
    throw new TrainerError('unreadable_clip', `cannot use ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

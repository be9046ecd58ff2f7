/** The sample rates that may come in; everything after the door runs at `SAMPLE_RATE_HZ`. */

import { AudioError } from './audio-error.ts';

/** Telephone speech. Below it too little of the spectrum is left to tell words apart. */
export const MIN_SAMPLE_RATE_HZ = 8000;
/** What sound cards and browsers give. Above it only the costs grow. */
export const MAX_SAMPLE_RATE_HZ = 48_000;

/** @throws {AudioError} `unsupported_sample_rate` if it is no whole number of Hz within the limits */
export function assertSampleRate(sampleRateHz: number): void {
  if (Number.isInteger(sampleRateHz) && sampleRateHz >= MIN_SAMPLE_RATE_HZ && sampleRateHz <= MAX_SAMPLE_RATE_HZ) return;
  throw new AudioError(
    'unsupported_sample_rate',
    `a sample rate of ${sampleRateHz} Hz is not supported; it must be a whole number from ${MIN_SAMPLE_RATE_HZ} to ${MAX_SAMPLE_RATE_HZ}`,
  );
}

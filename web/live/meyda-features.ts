/** The one place of the page that touches meyda, which draws the live features; the model hears the kernel's. */

import meydaModule from 'meyda';

/** Every row of the heat map; the usual count for pictures of speech. */
export const MFCC_COEFFICIENTS = 13;
export const FRAME_SAMPLES = 512;
const MEL_BANDS = 26;
/** As the model's own features are scaled; meyda takes log(1 + energy), which leaves nothing of quiet sound in [-1, 1]. */
const FULL_SCALE = 32_768;

/** What meyda's object really holds at run time. */
interface MeydaGlobals {
  bufferSize: number;
  sampleRate: number;
  melBands: number;
  numberOfMFCCCoefficients: number;
  windowingFunction: string;
  extract(feature: 'mfcc', frame: Float32Array): number[];
}

// meyda is CommonJS and exports the object itself, while its declarations speak of an ES default export.
const meyda = meydaModule as unknown as MeydaGlobals;

/**
 * Sets meyda up; its settings are global, so only one owner may.
 *
 * @returns takes `FRAME_SAMPLES` in [-1, 1], gives `MFCC_COEFFICIENTS`
 */
export function useMeyda(sampleRateHz: number): (frame: Float32Array) => readonly number[] {
  meyda.bufferSize = FRAME_SAMPLES;
  meyda.sampleRate = sampleRateHz;
  meyda.melBands = MEL_BANDS;
  meyda.numberOfMFCCCoefficients = MFCC_COEFFICIENTS;
  meyda.windowingFunction = 'hanning';
  const scaled = new Float32Array(FRAME_SAMPLES);
  return (frame) => {
    for (let i = 0; i < FRAME_SAMPLES; i++) scaled[i] = (frame[i] ?? 0) * FULL_SCALE;
    return meyda.extract('mfcc', scaled);
  };
}

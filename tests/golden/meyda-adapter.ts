/** The one place that touches meyda: its settings are global and its mel bank is cached, so both are set before every frame. */

import * as meydaModule from 'meyda';

/** The settings of meyda that matter for its MFCC. The window is its `hanning`, the frame the length of the signal. */
export interface MeydaSettings {
  readonly sampleRateHz: number;
  readonly melBands: number;
  /** At most 40: meyda gives no more. */
  readonly coefficients: number;
}

/** What meyda's object really holds at run time, its own declarations leaving out the cached bank. */
interface MeydaGlobals {
  bufferSize: number;
  sampleRate: number;
  melBands: number;
  numberOfMFCCCoefficients: number;
  windowingFunction: string;
  melFilterBank: unknown;
  extract(feature: 'mfcc' | 'melBands', frame: Float32Array): number[];
}

// meyda is CommonJS and exports the object itself, while its declarations speak of an ES default export.
const meyda = meydaModule.default as unknown as MeydaGlobals;

/** The cepstral coefficients of one frame, whose length is a power of two, by meyda. */
export function meydaMfcc(frame: Float32Array, { sampleRateHz, melBands, coefficients }: MeydaSettings): readonly number[] {
  meyda.bufferSize = frame.length;
  meyda.sampleRate = sampleRateHz;
  meyda.melBands = melBands;
  meyda.numberOfMFCCCoefficients = coefficients;
  meyda.windowingFunction = 'hanning';
  meyda.melFilterBank = undefined;
  return meyda.extract('mfcc', frame);
}

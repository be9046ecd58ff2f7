/** meyda's MFCC of one frame of 512 samples, settings made once and its mel bank cached: as fast as it goes. */

import * as meydaModule from 'meyda';

import type { Contender } from '../contender.ts';
import { benchAudio } from '../subject.ts';

interface Meyda {
  bufferSize: number;
  sampleRate: number;
  melBands: number;
  numberOfMFCCCoefficients: number;
  extract(feature: 'mfcc', frame: Float32Array): number[];
}

// CommonJS that exports the object itself, while its declarations speak of a default export
const meyda = meydaModule.default as unknown as Meyda;

export function meydaFeatures(): Promise<Contender> {
  Object.assign(meyda, { bufferSize: 512, sampleRate: 16_000, melBands: 40, numberOfMFCCCoefficients: 40 });
  const frame = benchAudio().slice(4000, 4512);
  return Promise.resolve({ unitsPerRun: 1, run: () => void meyda.extract('mfcc', frame) });
}

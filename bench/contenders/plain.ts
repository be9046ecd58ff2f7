/** The readable implementations in plain TypeScript: the reference engine and its features. */

import { DEFAULT_FEATURES, samplesOf } from '#shared/features/feature-config.ts';
import { MfccExtractor } from '#shared/features/mfcc.ts';
import { strideFrames } from '#shared/model/manifest.ts';
import { scoreWindow } from '#shared/model/reference-engine.ts';

import type { Contender } from '../contender.ts';
import { benchArtefact, benchAudio, BenchFrames, windowBytes } from '../subject.ts';

export async function referenceNetwork(): Promise<Contender> {
  const artefact = await benchArtefact();
  const window = new BenchFrames(artefact.manifest).firstWindow;
  const score = (): Float32Array => scoreWindow(artefact, window);
  return { unitsPerRun: 1, bytesPerSession: windowBytes(artefact.manifest), run: () => void score(), posteriors: score };
}

export async function plainFeatures(): Promise<Contender> {
  const { manifest } = await benchArtefact();
  const frames = strideFrames(manifest);
  const extractor = new MfccExtractor(DEFAULT_FEATURES);
  const samples = benchAudio().slice(0, samplesOf(frames, DEFAULT_FEATURES));
  const out = new Float32Array(frames * DEFAULT_FEATURES.coefficients);
  return { unitsPerRun: frames, run: () => extractor.extract(samples, frames, out) };
}

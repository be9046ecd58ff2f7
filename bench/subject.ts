/** What all contenders run on: the same weights, the same audio. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

import { framesIn } from '#shared/features/feature-config.ts';
import { MfccExtractor } from '#shared/features/mfcc.ts';
import { MANIFEST_FILE, readArtefact, WEIGHTS_FILE, type Artefact } from '#shared/model/artefact.ts';
import { strideFrames, windowFrames, type Manifest } from '#shared/model/manifest.ts';
import { normaliseFrames } from '#shared/model/normalisation.ts';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const DEFAULT_MODEL = `${ROOT}models/default`;
/** How the parent tells contenders which model. */
export const MODEL_VARIABLE = 'KWS_BENCH_MODEL';
const AUDIO_SAMPLES = 160_000;
const SEED = 1;

/** The model that the benchmark was asked for. */
export async function benchArtefact(directory = process.env[MODEL_VARIABLE] ?? DEFAULT_MODEL): Promise<Artefact> {
  return readArtefact({
    manifestJson: readFileSync(join(directory, MANIFEST_FILE), 'utf8'),
    weightsBytes: readFileSync(join(directory, WEIGHTS_FILE)),
  });
}

/** Ten seconds that swell and fade, in [-1, 1] at 16 kHz. */
export function benchAudio(): Float32Array {
  const generator = xoroshiro128plus(SEED);
  return Float32Array.from({ length: AUDIO_SAMPLES }, (_, i) => {
    const loudness = 0.3 * Math.abs(Math.sin(i / 4000));
    const tone = Math.sin(i * (0.05 + 0.1 * Math.abs(Math.sin(i / 9000))));
    return loudness * (tone + 0.3 * (2 * uniformFloat32(generator) - 1));
  });
}

/** Features of the audio, as streams and as batches of windows take them. */
export class BenchFrames {
  readonly manifest: Manifest;
  readonly #frames: Float32Array;
  readonly #count: number;

  constructor(manifest: Manifest) {
    const audio = benchAudio();
    this.manifest = manifest;
    this.#count = framesIn(audio.length, manifest.features);
    this.#frames = new Float32Array(this.#count * manifest.features.coefficients);
    new MfccExtractor(manifest.features).extract(audio, this.#count, this.#frames);
  }

  /** The first window, unnormalised. */
  get firstWindow(): Float32Array {
    return this.#frames.slice(0, windowFrames(this.manifest) * this.manifest.features.coefficients);
  }

  /** The strides after the first window, unnormalised. */
  get strides(): Float32Array[] {
    const { coefficients } = this.manifest.features;
    const [first, stride] = [windowFrames(this.manifest), strideFrames(this.manifest)];
    const count = Math.floor((this.#count - first) / stride);
    return Array.from({ length: count }, (_, i) => {
      const start = first + i * stride;
      return this.#frames.slice(start * coefficients, (start + stride) * coefficients);
    });
  }

  /** `[batch, windowFrames, coefficients]`, normalised, a stride apart; begins again where the audio ends. */
  normalisedBatch(batch: number): Float32Array {
    const { coefficients } = this.manifest.features;
    const windowLength = windowFrames(this.manifest) * coefficients;
    const windows = Math.floor((this.#count - windowFrames(this.manifest)) / strideFrames(this.manifest)) + 1;
    const out = new Float32Array(batch * windowLength);
    for (let i = 0; i < batch; i++) {
      const start = (i % windows) * strideFrames(this.manifest) * coefficients;
      out.set(this.#frames.subarray(start, start + windowLength), i * windowLength);
    }
    normaliseFrames(out, this.manifest.normalisation, out);
    return out;
  }
}

/** Bytes of the features of one window: what a stream must hold whose engine computes each window alone. */
export function windowBytes(manifest: Manifest): number {
  return windowFrames(manifest) * manifest.features.coefficients * Float32Array.BYTES_PER_ELEMENT;
}

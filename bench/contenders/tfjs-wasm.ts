/** TensorFlow.js on its WebAssembly backend, one thread, SIMD: what a browser would run without us. */

import type * as tf from '@tensorflow/tfjs-node';

import { windowFrames } from '#shared/model/manifest.ts';

import { buildLayersModel } from '../../services/stream/models/tfjs-engine.ts';
import type { Contender } from '../contender.ts';
import { requirePeer } from '../peer.ts';
import { benchArtefact, BenchFrames, windowBytes } from '../subject.ts';

/** `LayersModel.predict` of a batch of windows. */
export async function wasmLayersModel(batch: number): Promise<Contender> {
  const core = requirePeer('@tensorflow/tfjs-core') as typeof tf;
  const layers = requirePeer('@tensorflow/tfjs-layers') as typeof tf;
  const backend = requirePeer('@tensorflow/tfjs-backend-wasm') as { setThreadsCount(count: number): void };
  backend.setThreadsCount(1);
  await core.setBackend('wasm');
  await core.ready();
  const artefact = await benchArtefact();
  const { manifest } = artefact;
  const model = buildLayersModel({ ...core, ...layers }, artefact);
  const windows = new BenchFrames(manifest).normalisedBatch(batch);
  const shape: [number, number, number] = [batch, windowFrames(manifest), manifest.features.coefficients];
  const score = (): Float32Array => core.tidy(() => (model.predict(core.tensor3d(windows, shape)) as tf.Tensor).dataSync<'float32'>());
  return {
    unitsPerRun: batch,
    bytesPerSession: windowBytes(manifest),
    run: () => void score(),
    posteriors: () => score().slice(0, manifest.labels.length),
  };
}

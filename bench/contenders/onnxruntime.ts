/** onnxruntime-node on the same network as an ONNX graph, one thread. */

import { windowFrames } from '#shared/model/manifest.ts';

import type { Contender } from '../contender.ts';
import { onnxModel } from '../../services/trainer/export/onnx-model.ts';
import { requirePeer } from '../peer.ts';
import { benchArtefact, BenchFrames, windowBytes } from '../subject.ts';

interface OnnxRuntime {
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => unknown;
}

interface Session {
  run(feeds: Record<string, unknown>): Promise<Record<string, { readonly data: Float32Array }>>;
}

/** One run of a batch of windows. */
export async function onnxRuntime(batch: number): Promise<Contender> {
  const { InferenceSession, Tensor } = requirePeer('onnxruntime-node') as OnnxRuntime;
  const artefact = await benchArtefact();
  const { manifest } = artefact;
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential', graphOptimizationLevel: 'all' };
  const session = await InferenceSession.create(onnxModel(artefact), options);
  const windows = new BenchFrames(manifest).normalisedBatch(batch);
  const input = new Tensor('float32', windows, [batch, windowFrames(manifest), manifest.features.coefficients]);
  const score = async (): Promise<Float32Array> => (await session.run({ features: input }))['posteriors']!.data;
  return {
    unitsPerRun: batch,
    bytesPerSession: windowBytes(manifest),
    run: async () => void (await score()),
    posteriors: async () => (await score()).slice(0, manifest.labels.length),
  };
}

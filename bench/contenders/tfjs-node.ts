/** TensorFlow.js on its native library: the LayersModel as anyone would run it, and the same network by fused native operations. */

import * as tf from '@tensorflow/tfjs-node';

import type { Artefact } from '#shared/model/artefact.ts';
import { windowFrames } from '#shared/model/manifest.ts';
import { bandGeometry, shapesOf, type LayerShape } from '#shared/model/topology.ts';

import { buildLayersModel } from '../../services/stream/models/tfjs-engine.ts';
import { nativeLstm } from '../../services/trainer/network/native-lstm.ts';
import type { Contender } from '../contender.ts';
import { benchArtefact, BenchFrames, windowBytes } from '../subject.ts';

/** `LayersModel.predict` of a batch of windows. */
export async function layersModel(batch: number): Promise<Contender> {
  const artefact = await benchArtefact();
  const model = buildLayersModel(tf, artefact);
  return contender(artefact, batch, (input) => model.predict(input) as tf.Tensor);
}

/** Fused convolutions and `BlockLSTMV2`. */
export async function fusedOperations(batch: number): Promise<Contender> {
  const artefact = await benchArtefact();
  const { manifest } = artefact;
  const shapes = shapesOf(manifest.topology, windowFrames(manifest), manifest.features.coefficients);
  const layers = shapes.map((shape) => fusedLayer(shape, artefact));
  return contender(artefact, batch, (input) => layers.reduce<tf.Tensor>((activations, run) => run(activations), input));
}

function contender(artefact: Artefact, batch: number, predict: (input: tf.Tensor3D) => tf.Tensor): Contender {
  const { manifest } = artefact;
  const windows = new BenchFrames(manifest).normalisedBatch(batch);
  const score = (): Float32Array =>
    tf.tidy(() => predict(tf.tensor3d(windows, [batch, windowFrames(manifest), manifest.features.coefficients])).dataSync<'float32'>());
  return {
    unitsPerRun: batch,
    bytesPerSession: windowBytes(manifest),
    run: () => void score(),
    posteriors: () => score().slice(0, manifest.labels.length),
  };
}

type Run = (input: tf.Tensor) => tf.Tensor;

/** Activations are `[batch, steps, channels]` before the first LSTM and `[steps, batch, channels]` from there on. */
function fusedLayer({ layer, steps, bands, channels, outSteps, outChannels }: LayerShape, { manifest, weights }: Artefact): Run {
  const tensor = (suffix: string): tf.Tensor => {
    const name = `${layer.name}/${suffix}`;
    const shape = manifest.weights.find((weight) => weight.name === name)?.shape ?? [];
    return tf.tensor(weights.get(name)!, [...shape]);
  };
  switch (layer.type) {
    case 'conv2d': {
      const [kernel, bias] = [tensor('kernel') as tf.Tensor4D, tensor('bias')];
      const { outBands, padding } = bandGeometry(bands, layer);
      const above = Math.max(0, (outBands - 1) * layer.strideBands + layer.kernelBands - bands - padding);
      const pad: [number, number][] = [
        [0, 0],
        [0, 0],
        [padding, above],
        [0, 0],
      ];
      const strides: [number, number] = [layer.strideSteps, layer.strideBands];
      return (input) => {
        const x = tf.pad(input.reshape<tf.Tensor4D>([-1, steps, bands, channels / bands]), pad);
        return tf.fused.conv2d({ x, filter: kernel, strides, pad: 'valid', bias, activation: 'relu' }).reshape([-1, outSteps, outChannels]);
      };
    }
    case 'conv1d': {
      const [kernel, bias] = [tensor('kernel').expandDims<tf.Tensor4D>(0), tensor('bias')];
      return (input) =>
        tf.fused
          .conv2d({ x: input.expandDims<tf.Tensor4D>(1), filter: kernel, strides: 1, pad: 'valid', bias, activation: 'relu' })
          .squeeze([1]);
    }
    case 'max_pool':
      return (input) => tf.maxPool(input.expandDims<tf.Tensor4D>(1), [1, layer.size], [1, layer.size], 'valid').squeeze([1]);
    case 'lstm': {
      const isFirst = manifest.topology.find(({ type }) => type === 'lstm') === layer;
      const kernel = tf.concat([tensor('kernel'), tensor('recurrent')]) as tf.Tensor2D;
      const bias = tensor('bias') as tf.Tensor1D;
      return (input) => nativeLstm((isFirst ? input.transpose([1, 0, 2]) : input) as tf.Tensor3D, { kernel, bias });
    }
    case 'attention': {
      const query = tensor('query').reshape([1, 1, -1]);
      return (input) => {
        const scores = input.mul(query).sum(2); // [steps, batch]
        return input.mul(tf.softmax(scores.transpose()).transpose().expandDims(2)).sum(0);
      };
    }
    case 'last_state':
      return (input) => input.gather(tf.scalar(input.shape[0] - 1, 'int32'));
    case 'dense': {
      const [kernel, bias] = [tensor('kernel') as tf.Tensor2D, tensor('bias')];
      return (input) => tf.softmax(tf.fused.matMul({ a: input, b: kernel, bias }));
    }
  }
}

/** All contenders, in the order of the table. */

import type { ContenderEntry, Contender, Unit } from './contender.ts';

const STREAMING = 'one stream, 80 ms stride';

export const CONTENDERS: readonly ContenderEntry[] = [
  {
    ...entry('kernel', `kernel, ${STREAMING}`, 'window', async () => (await import('./contenders/kernel.ts')).kernelStreaming()),
    isBaseline: true,
  },
  entry('kernel-relaxed', `kernel with relaxed SIMD, ${STREAMING}`, 'window', async () =>
    (await import('./contenders/kernel.ts')).kernelStreaming('relaxed'),
  ),
  entry('kernel-offline', 'kernel, each window alone', 'window', async () => (await import('./contenders/kernel.ts')).kernelOffline()),
  ...[1, 8, 32, 128].map((batch) =>
    entry(`onnx-${batch}`, `onnxruntime-node, batch ${batch}`, 'window', async () =>
      (await import('./contenders/onnxruntime.ts')).onnxRuntime(batch),
    ),
  ),
  ...[1, 32].map((batch) =>
    entry(`tfjs-fused-${batch}`, `tfjs-node, fused operations, batch ${batch}`, 'window', async () =>
      (await import('./contenders/tfjs-node.ts')).fusedOperations(batch),
    ),
  ),
  ...[1, 8, 32].map((batch) =>
    entry(`tfjs-wasm-${batch}`, `tfjs WASM backend, batch ${batch}`, 'window', async () =>
      (await import('./contenders/tfjs-wasm.ts')).wasmLayersModel(batch),
    ),
  ),
  ...[1, 8, 32].map((batch) =>
    entry(`tfjs-layers-${batch}`, `tfjs-node, LayersModel.predict, batch ${batch}`, 'window', async () =>
      (await import('./contenders/tfjs-node.ts')).layersModel(batch),
    ),
  ),
  entry('reference', 'reference, plain TypeScript', 'window', async () => (await import('./contenders/plain.ts')).referenceNetwork()),
  {
    ...entry('features', 'kernel, MFCC', 'frame', async () => (await import('./contenders/kernel.ts')).kernelFeatures()),
    isBaseline: true,
  },
  entry('features-relaxed', 'kernel with relaxed SIMD, MFCC', 'frame', async () =>
    (await import('./contenders/kernel.ts')).kernelFeatures('relaxed'),
  ),
  entry('features-plain', 'plain TypeScript, MFCC', 'frame', async () => (await import('./contenders/plain.ts')).plainFeatures()),
  entry('meyda', 'meyda, MFCC', 'frame', async () => (await import('./contenders/meyda.ts')).meydaFeatures()),
  {
    ...entry('pipeline', 'PCM to events at 16 kHz', 'stride', async () => (await import('./contenders/kernel.ts')).kernelPipeline()),
    isBaseline: true,
  },
  entry('pipeline-relaxed', 'PCM to events at 16 kHz, relaxed SIMD', 'stride', async () =>
    (await import('./contenders/kernel.ts')).kernelPipeline({ variant: 'relaxed' }),
  ),
  entry('pipeline-48', 'PCM to events at 48 kHz', 'stride', async () =>
    (await import('./contenders/kernel.ts')).kernelPipeline({ sampleRateHz: 48_000 }),
  ),
  entry('pipeline-48-relaxed', 'PCM to events at 48 kHz, relaxed SIMD', 'stride', async () =>
    (await import('./contenders/kernel.ts')).kernelPipeline({ sampleRateHz: 48_000, variant: 'relaxed' }),
  ),
  {
    name: 'openwakeword',
    title: 'openWakeWord 0.4, one wake word',
    unit: 'stride',
    program: { type: 'python', script: 'bench/contenders/open_wake_word.py' },
  },
];

function entry(name: string, title: string, unit: Unit, load: () => Promise<Contender>): ContenderEntry {
  return { name, title, unit, program: { type: 'module', load } };
}

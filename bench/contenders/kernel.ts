/** The kernel: streaming, window by window, its features, and the whole way from PCM to events. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createKernelEngine, type KernelEngine } from '#shared/kernel/kernel-engine.ts';
import { createKernelExtractor } from '#shared/kernel/kernel-extractor.ts';
import { bestKernelVariant, KERNEL_FILES, type KernelVariant } from '#shared/kernel/kernel-variant.ts';
import { DEFAULT_FEATURES, samplesOf } from '#shared/features/feature-config.ts';
import type { Artefact } from '#shared/model/artefact.ts';
import { strideFrames } from '#shared/model/manifest.ts';
import { Spotter } from '#shared/pipeline/spotter.ts';

import type { Contender } from '../contender.ts';
import { benchArtefact, benchAudio, BenchFrames, ROOT, windowBytes } from '../subject.ts';

const INT16_SCALE = 32_767;
/** Enough open sessions for the memory of one to show. */
const SESSIONS = 500;

/** One live stream: each run advances it by a stride. */
export async function kernelStreaming(variant?: KernelVariant): Promise<Contender> {
  const { artefact, engine } = await load(variant);
  const classifier = engine.load(artefact);
  const frames = new BenchFrames(artefact.manifest);
  const [stream, strides] = [classifier.openStream(), frames.strides];
  const first = stream.advance(frames.firstWindow).slice();
  let next = 0;
  return {
    unitsPerRun: 1,
    bytesPerSession: classifier.stateBytes,
    run: () => void stream.advance(strides[next++ % strides.length]!),
    posteriors: () => first,
  };
}

/** Windows that share nothing. */
export async function kernelOffline(): Promise<Contender> {
  const { artefact, engine } = await load();
  const stream = engine.load(artefact).openStream();
  const window = new BenchFrames(artefact.manifest).firstWindow;
  const score = (): Float32Array => {
    stream.reset();
    return stream.advance(window);
  };
  return { unitsPerRun: 1, bytesPerSession: windowBytes(artefact.manifest), run: () => void score(), posteriors: score };
}

/** MFCCs of one stride at a time, as a live stream needs them; the same ones as the peers', whatever features the model has. */
export async function kernelFeatures(variant?: KernelVariant): Promise<Contender> {
  const { manifest } = await benchArtefact();
  const frames = strideFrames(manifest);
  const extractor = await createKernelExtractor(await readKernel(variant), DEFAULT_FEATURES);
  const samples = benchAudio().slice(0, samplesOf(frames, DEFAULT_FEATURES));
  const out = new Float32Array(frames * DEFAULT_FEATURES.coefficients);
  return { unitsPerRun: frames, run: () => extractor.extract(samples, frames, out) };
}

interface PipelineOptions {
  readonly sampleRateHz?: number;
  readonly variant?: KernelVariant;
}

/** PCM in, events out: what a session of the service computes. */
export async function kernelPipeline({ sampleRateHz = 16_000, variant }: PipelineOptions = {}): Promise<Contender> {
  const { artefact, engine } = await load(variant);
  const classifier = engine.load(artefact);
  const open = (): Spotter =>
    new Spotter({ classifier, input: { sampleRateHz, encoding: 'pcm_s16le' }, listener: { onKeyword: () => undefined } });
  const chunks = strideChunks(artefact, sampleRateHz);
  const spotter = open();
  let next = 0;
  return {
    unitsPerRun: 1,
    bytesPerSession: await sessionBytes(engine, open, chunks),
    run: () => spotter.push(chunks[next++ % chunks.length]!),
  };
}

/** What one more session adds to the process, heap and kernel together. */
async function sessionBytes(engine: KernelEngine, open: () => Spotter, chunks: readonly Uint8Array[]): Promise<number> {
  const collect = (globalThis as { gc?: () => void }).gc;
  if (collect === undefined) throw new Error('run with --expose-gc');
  const used = async (): Promise<number> => {
    collect();
    await new Promise(setImmediate); // array buffers are counted once their finalisers have run
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external - engine.memory.totalBytes + engine.memory.usedBytes;
  };
  const before = await used();
  const sessions = Array.from({ length: SESSIONS }, open);
  for (const session of sessions) for (const chunk of chunks.slice(0, 15)) session.push(chunk);
  const bytes = Math.round(((await used()) - before) / SESSIONS);
  for (const session of sessions) session.close();
  return bytes;
}

/** The audio as 16-bit PCM in messages of 80 ms; played faster where the rate is higher, which costs the same. */
function strideChunks({ manifest }: Artefact, sampleRateHz: number): Uint8Array[] {
  const chunkSamples = (manifest.strideSamples * sampleRateHz) / manifest.features.sampleRateHz;
  const pcm = Int16Array.from(benchAudio(), (sample) => Math.round(INT16_SCALE * sample));
  return Array.from(
    { length: Math.floor(pcm.length / chunkSamples) },
    (_, i) => new Uint8Array(pcm.slice(i * chunkSamples, (i + 1) * chunkSamples).buffer),
  );
}

async function load(variant?: KernelVariant): Promise<{ artefact: Artefact; engine: KernelEngine }> {
  return { artefact: await benchArtefact(), engine: await createKernelEngine(await readKernel(variant)) };
}

/** The build that runs wherever WebAssembly has SIMD, unless another is asked for. */
async function readKernel(variant: KernelVariant = 'simd'): Promise<Uint8Array<ArrayBuffer>> {
  if (variant === 'relaxed' && bestKernelVariant() !== 'relaxed') throw new Error(`Node ${process.version} has no relaxed SIMD`);
  return readFile(join(ROOT, 'dist/kernel', KERNEL_FILES[variant]));
}

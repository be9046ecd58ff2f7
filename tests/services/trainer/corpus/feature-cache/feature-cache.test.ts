/** Features computed once, and only once, whatever happens in between. */

import { readdir, readFile, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { DEFAULT_FEATURES } from '#shared/features/feature-config.ts';
import { createKernelExtractor } from '#shared/kernel/kernel-extractor.ts';

import { cleanFeatures } from '../../../../../services/trainer/corpus/clean-features.ts';
import { cachedFeatures, type FeatureCacheOptions } from '../../../../../services/trainer/corpus/feature-cache/feature-cache.ts';
import { decodeNpy } from '../../../../../services/trainer/corpus/feature-cache/npy.ts';
import { prune } from '../../../../../services/trainer/corpus/feature-cache/prune.ts';
import type { SampleStore } from '../../../../../services/trainer/corpus/sample-store.ts';
import { compileKernel } from '../../../../../services/trainer/kernel.ts';
import { randomFor } from '../../../../../services/trainer/random.ts';
import { temporaryFolder } from '../../../../helpers/recording-files.ts';

const WINDOW_SAMPLES = 4000;
const kernel = await compileKernel();

test('gives the numbers that computing gives, in threads as in this one, and from files the second time', async () => {
  const store = storeOf(600);
  const all = Array.from({ length: 600 }, (_, i) => i);
  const expected = cleanFeatures(store, all, {
    extractor: await createKernelExtractor(kernel, DEFAULT_FEATURES),
    windowSamples: WINDOW_SAMPLES,
  });
  const { options, computed } = await cache();

  const first = await cachedFeatures(store, all, options);
  const second = await cachedFeatures(store, all, options);

  expect(Buffer.compare(bytesOf(first), bytesOf(expected))).toBe(0);
  expect(Buffer.compare(bytesOf(second), bytesOf(expected))).toBe(0);
  expect(computed).toEqual([600]);
  const [file] = await npyFiles(options.directory);
  expect(decodeNpy(await readFile(join(options.directory, file!)))!.shape.slice(1)).toEqual([22, 40]);
});

test('computes again what was cut short, and nothing else', async () => {
  const store = storeOf(300);
  const all = Array.from({ length: 300 }, (_, i) => i);
  const { options, computed } = await cache();
  const first = await cachedFeatures(store, all, options);
  const files = await npyFiles(options.directory);
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(options.directory, file))).size));
  const small = files[sizes.indexOf(Math.min(...sizes))]!;
  await truncate(join(options.directory, small), 1000);

  const second = await cachedFeatures(store, all, options);

  expect(Buffer.compare(bytesOf(second), bytesOf(first))).toBe(0);
  expect(computed).toEqual([300, 300 - 256]);
});

test('other sound or another configuration is another file', async () => {
  const { options, computed } = await cache();

  await cachedFeatures(storeOf(3), [0, 1], options);
  await cachedFeatures(storeOf(3), [0, 2], options);
  await cachedFeatures(storeOf(3), [0, 1], { ...options, features: { ...DEFAULT_FEATURES, logarithm: 'db' } });
  await cachedFeatures(storeOf(3), [0, 1], { ...options, windowSamples: 4160 });

  expect(computed).toEqual([2, 2, 2, 2]);
  expect(await npyFiles(options.directory)).toHaveLength(4);
});

test('what was not used for longest goes first, and what a killed process left goes too', async () => {
  const directory = await temporaryFolder();
  for (const [i, name] of ['old.npy', 'new.npy', 'dead.npy.1-2.partial', 'live.npy.3-4.partial'].entries()) {
    await writeFile(join(directory, name), Buffer.alloc(100));
    const used = new Date(Date.now() - [3_000_000, 1000, 5_000_000, 1000][i]!);
    await utimes(join(directory, name), used, used);
  }

  await prune(directory, 150);

  expect((await readdir(directory)).sort()).toEqual(['live.npy.3-4.partial', 'new.npy']);
});

async function cache(): Promise<{ options: FeatureCacheOptions & { directory: string }; computed: number[] }> {
  const computed: number[] = [];
  const onProgress = (done: number, missing: number): void => {
    if (done === missing) computed.push(missing);
  };
  const directory = await temporaryFolder();
  return { options: { features: DEFAULT_FEATURES, windowSamples: WINDOW_SAMPLES, kernel, directory, onProgress }, computed };
}

async function npyFiles(directory: string): Promise<string[]> {
  return (await readdir(directory, { recursive: true })).filter((name) => name.endsWith('.npy'));
}

/** Short recordings of noise, some shorter and some longer than the window. */
function storeOf(recordings: number): SampleStore {
  const lengths = Array.from({ length: recordings }, (_, i) => 3000 + 500 * (i % 5));
  const starts = new Float64Array(recordings + 1);
  lengths.forEach((length, i) => (starts[i + 1] = starts[i]! + length));
  const samples = new Int16Array(new SharedArrayBuffer(2 * starts[recordings]!));
  const random = randomFor(8);
  for (let n = 0; n < samples.length; n++) samples[n] = random.between(-5000, 5000);
  return { samples, starts };
}

function bytesOf(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

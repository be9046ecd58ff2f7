/** A keyword of one's own, from recordings of speech to a model that the service can run. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { readWav, writeWav } from '#shared/audio/wav.ts';
import { createKernelEngine } from '#shared/kernel/kernel-engine.ts';

import { loadArtefact } from '../../services/trainer/artefact-files.ts';
import type { TrainerConfig } from '../../services/trainer/config.ts';
import { composeConfig } from '../../services/trainer/configuration/compose.ts';
import { heldBackSplit, isHeldBackSpeech } from '../../services/trainer/corpus/corpus.ts';
import { stretch } from '../../services/trainer/corpus/effects/time-stretch.ts';
import { createHearer } from '../../services/trainer/evaluation/hearer.ts';
import { addKeyword, type AddKeywordOptions } from '../../services/trainer/keyword/add-keyword.ts';
import { compileKernel } from '../../services/trainer/kernel.ts';
import { randomFor } from '../../services/trainer/random.ts';
import { train } from '../../services/trainer/training/train.ts';
import { temporaryFolder, writeFiles } from '../helpers/recording-files.ts';
import { readRecording, type RecordingName } from '../helpers/recordings.ts';

const CLIPS_OF_A_WORD = 24;
const SIGNAL = new AbortController().signal;

test(
  'a keyword learnt from recordings is heard by the production kernel, and its model says what it was measured at',
  { timeout: 600_000 },
  async () => {
    const folder = await temporaryFolder();
    await writeData(folder);
    await writeFiles(folder, await takesOf('happy', (i) => `recordings/voice${i % 6}_nohash_${Math.floor(i / 6)}.wav`, 2.5));
    await train(await baseConfig(), { ...PROVENANCE, dataDirectory: folder, runDirectory: join(folder, 'base'), signal: SIGNAL });

    const added = await addKeyword(await optionsFor(folder));

    expect(added).toMatchObject({ keyword: 'happy', recordings: CLIPS_OF_A_WORD, speakers: 6, rounds: 1, isSyntheticOnly: false });
    expect(added!.words).toBe(8); // two of the six voices
    expect(added!.speechHours).toBeGreaterThan(0);
    const { manifest, weights } = await loadArtefact(join(folder, 'out'));
    expect(manifest.keywords).toEqual(['yes', 'stop', 'happy']);
    expect(manifest.operatingPoints['happy']).toMatchObject({
      falseRejectRate: added!.falseRejectRate,
      falseAcceptsPerHour: added!.falseAcceptsPerHour,
    });
    const [inHappy, inStop] = [await happinessOf('happy', { manifest, weights }), await happinessOf('stop', { manifest, weights })];
    expect(inHappy).toBeGreaterThan(inStop);
    expect(await readFile(join(folder, 'out', 'README.md'), 'utf8')).toContain('24 recordings are few');
    expect((await readdir(folder)).filter((name) => name.startsWith('out'))).toEqual(['out']);
  },
);

test('what cannot go well is said before anything is learnt', async () => {
  const folder = await temporaryFolder();
  await writeData(folder);
  await writeFiles(folder, await takesOf('happy', (i) => `recordings/voice${i}_nohash_0.wav`, 1));
  const options = { ...(await optionsFor(folder)), modelDirectory: 'models/default' };
  const refusal = (change: Partial<AddKeywordOptions>): Promise<unknown> => addKeyword({ ...options, keyword: 'hello', ...change });

  await expect(refusal({ keyword: 'yes' })).rejects.toMatchObject({ code: 'keyword_exists' });
  await expect(refusal({ keyword: '_silence' })).rejects.toMatchObject({ code: 'invalid_config' });
  await expect(refusal({ rounds: 9 })).rejects.toMatchObject({ code: 'invalid_config' });
  await expect(refusal({ recordings: join(folder, 'speech', 'librispeech') })).rejects.toMatchObject({ code: 'too_few_recordings' });
  await expect(refusal({ dataDirectory: join(folder, 'recordings') })).rejects.toMatchObject({
    code: 'data_not_found',
    message: expect.stringContaining('trainer data fetch speech-commands') as unknown,
  });
  await expect(refusal({ outDirectory: join(folder, 'recordings') })).rejects.toMatchObject({ code: 'output_exists' });
});

const PROVENANCE = { provenance: { runId: 'test', commit: 'unknown' } };

async function optionsFor(folder: string): Promise<AddKeywordOptions> {
  const engine = await createKernelEngine(await compileKernel());
  return {
    keyword: 'happy',
    recordings: join(folder, 'recordings'),
    synthetic: undefined,
    dataDirectory: folder,
    modelDirectory: join(folder, 'base'),
    outDirectory: join(folder, 'out'),
    rounds: 1,
    epochs: 2,
    examples: 1200,
    seed: 1,
    conditions: [{ name: 'clean', snrDb: undefined }],
    budgetPerHour: 1,
    commit: 'unknown',
    signal: SIGNAL,
    engine,
    createHearer: (artefact) => Promise.resolve(createHearer(engine, artefact)),
  };
}

/** The posterior of the new keyword in a recording. */
async function happinessOf(recording: RecordingName, artefact: Awaited<ReturnType<typeof loadArtefact>>): Promise<number> {
  const engine = await createKernelEngine(await compileKernel());
  const { samples } = readWav(await readRecording(recording));
  const second = new Int16Array(16_000);
  samples.slice(0, 16_000).forEach((sample, n) => (second[n] = Math.round(32_767 * sample)));
  const hearer = createHearer(engine, artefact);
  const [track] = await hearer.hear(
    1,
    () => second,
    () => undefined,
  );
  await hearer.close();
  return track!.posteriors[artefact.manifest.labels.indexOf('happy')]!;
}

/** A small network, so that the base takes seconds. */
async function baseConfig(): Promise<TrainerConfig> {
  const { config } = await composeConfig();
  return {
    ...config,
    name: 'base',
    keywords: ['yes', 'stop'],
    examples: { rareWordRepeats: 2, keywordRepeats: 4, partialWords: 20, otherSpeech: 40, silence: 20 },
    network: {
      ...config.network,
      convolutions: config.network.convolutions.map((layer) => ({ ...layer, filters: 24 })),
      lstmUnits: [24, 24],
    },
    training: { ...config.training, epochs: 2, batchSize: 32, learningRate: 0.004, averageDecay: 0.9 },
  };
}

/** Words with lists of splits, speech of a reader for each use, and noise: all from the recordings of people in the fixtures. */
async function writeData(folder: string): Promise<void> {
  const lists: Record<'validation_list.txt' | 'testing_list.txt', string[]> = { 'validation_list.txt': [], 'testing_list.txt': [] };
  for (const word of ['yes', 'stop', 'left'] as const) {
    const nameOf = (i: number): string => `${word}/person${i}_nohash_0.wav`;
    await writeFiles(folder, await takesOf(word, (i) => `speech_commands/${nameOf(i)}`, 1));
    for (let i = 0; i < 8; i++) lists[i < 4 ? 'validation_list.txt' : 'testing_list.txt'].push(nameOf(i));
  }
  for (const [file, names] of Object.entries(lists)) await writeFiles(folder, { [`speech_commands/${file}`]: names.join('\n') });
  const speech = await readRecording('speech');
  for (const reader of readers()) await writeFiles(folder, { [`speech/librispeech/${reader}/1/${reader}-1-0000.wav`]: speech });
  const random = randomFor(5);
  await writeFiles(folder, {
    'noise/a/steady.wav': writeWav(
      Float32Array.from({ length: 32_000 }, () => random.between(-0.1, 0.1)),
      16_000,
    ),
  });
}

/** One whose speech is for training, one for choosing, one for measuring. */
function readers(): number[] {
  const pathOf = (reader: number): string => `speech/librispeech/${reader}/1/x.wav`;
  const wanted = [
    (path: string) => !isHeldBackSpeech(path),
    (path: string) => isHeldBackSpeech(path) && heldBackSplit(path) === 'validation',
    (path: string) => isHeldBackSpeech(path) && heldBackSplit(path) === 'test',
  ];
  return wanted.map((isWanted) => Array.from({ length: 200 }, (_, i) => i + 1).find((reader) => isWanted(pathOf(reader)))!);
}

/** One recording of a person as others might have said it: slower or faster, louder or softer, somewhere in so many seconds. */
async function takesOf(word: RecordingName, nameOf: (i: number) => string, seconds: number): Promise<Record<string, Uint8Array>> {
  const { samples } = readWav(await readRecording(word));
  const said = Int16Array.from(samples, (sample) => Math.round(32_767 * sample));
  const takes = Array.from({ length: CLIPS_OF_A_WORD }, (_, i) => {
    const random = randomFor(i, 77);
    const take = stretch(said, random.between(0.85, 1.1));
    const length = Math.round(seconds * 16_000);
    const out = new Float32Array(length);
    const at = Math.floor(random.between(0, Math.max(1, length - take.length)));
    const gain = random.between(0.4, 1) / 32_768;
    for (let n = 0; n < length; n++) out[n] = gain * (take[n - at] ?? 0) + random.between(-5e-4, 5e-4);
    return [nameOf(i), writeWav(out, 16_000)] as const;
  });
  return Object.fromEntries(takes);
}

/** Makes the programmes of a load: recordings as k6 sends them, and what the pipeline hears in them offline. */

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { encodePcm } from '#shared/audio/pcm.ts';
import { readWav, writeWav } from '#shared/audio/wav.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import { readArtefact } from '#shared/model/artefact.ts';
import type { Classifier } from '#shared/model/classifier.ts';
import { Spotter } from '#shared/pipeline/spotter.ts';
import type { DetectedEvent } from '#shared/protocol/messages.ts';

import { ROOT } from '../../scripts/lib/paths.mjs';
import { readModelFiles } from '../../services/stream/models/model-files.ts';
import { testKernelEngine } from '../helpers/kernel.ts';
import type { ProgrammeEntry } from './programme-entry.ts';

const FIXTURES = ['yes-stop-left.wav', 'speech.wav'].map((name) => join(ROOT, 'tests/fixtures/recordings', name));
/** 80 ms, as a microphone sends it. */
const CHUNK_SAMPLES = 1280;
/** Of a data folder: so many recordings of so many words each. */
const RECORDINGS = 8;
const WORDS_A_RECORDING = 6;
/** From one word to the next: 1.6 s, a whole number of chunks. */
const WORD_DISTANCE_SAMPLES = 20 * CHUNK_SAMPLES;

export interface ProgrammePlan {
  /** Where the files go. */
  readonly folder: string;
  readonly sessionSeconds: number;
  /** Speech Commands, unpacked; the fixtures without. */
  readonly data: string | undefined;
}

/** Writes all programmes. @returns how many keywords they hold together */
export async function writeProgrammes({ folder, sessionSeconds, data }: ProgrammePlan): Promise<number> {
  const artefact = await readArtefact(await readModelFiles(join(ROOT, 'models/default')));
  const classifier = (await testKernelEngine()).load(artefact);
  const recordings = data === undefined ? await fixtureRecordings() : await recordingsOfWords(data, classifier.manifest.keywords);
  const entries: ProgrammeEntry[] = [];
  for (const [i, recording] of recordings.entries()) {
    const [pcmFile, wavFile] = [`${i}.pcm`, `${i}.wav`];
    const samples = Math.round((sessionSeconds * SAMPLE_RATE_HZ) / CHUNK_SAMPLES) * CHUNK_SAMPLES;
    const whole = Float32Array.from({ length: samples }, (_, at) => recording[at % recording.length] ?? 0);
    await writeFile(join(folder, pcmFile), encodePcm(recording, 'pcm_s16le'));
    await writeFile(join(folder, wavFile), writeWav(recording, SAMPLE_RATE_HZ));
    const [events, wavEvents] = [eventsIn(whole, classifier), eventsIn(recording, classifier)];
    entries.push({ pcmFile, wavFile, chunkSamples: CHUNK_SAMPLES, samples, events, wavEvents });
  }
  await writeFile(join(folder, 'programmes.json'), JSON.stringify(entries));
  return entries.reduce((sum, { events }) => sum + events.length, 0);
}

/** What must come back: streaming equals offline, exactly. */
function eventsIn(samples: Float32Array, classifier: Classifier): DetectedEvent[] {
  const events: DetectedEvent[] = [];
  const input = { sampleRateHz: SAMPLE_RATE_HZ, encoding: 'pcm_s16le' } as const;
  const spotter = new Spotter({ classifier, input, listener: { onKeyword: (event) => events.push(event) } });
  spotter.push(encodePcm(samples, 'pcm_s16le'));
  spotter.finish();
  return events;
}

async function fixtureRecordings(): Promise<readonly Float32Array[]> {
  return Promise.all(FIXTURES.map((file) => readWhole(file)));
}

/** Words of speakers that no model was trained on, one after the other. */
async function recordingsOfWords(data: string, keywords: readonly string[]): Promise<readonly Float32Array[]> {
  const root = join(data, 'speech_commands');
  const list = (await readFile(join(root, 'testing_list.txt'), 'utf8')).split('\n');
  const present = new Set(await readdir(root));
  const clips = list.filter((clip) => keywords.some((keyword) => present.has(keyword) && clip.startsWith(`${keyword}/`)));
  const stride = Math.max(1, Math.floor(clips.length / (RECORDINGS * WORDS_A_RECORDING)));
  const chosen = clips.filter((_, i) => i % stride === 0);
  return Promise.all(
    Array.from({ length: RECORDINGS }, (_, i) =>
      joined(
        chosen
          .filter((_clip, at) => at % RECORDINGS === i)
          .slice(0, WORDS_A_RECORDING)
          .map((clip) => join(root, clip)),
      ),
    ),
  );
}

async function joined(files: readonly string[]): Promise<Float32Array> {
  const recording = new Float32Array(files.length * WORD_DISTANCE_SAMPLES);
  for (const [i, file] of files.entries()) {
    recording.set((await readSamples(file)).subarray(0, WORD_DISTANCE_SAMPLES), i * WORD_DISTANCE_SAMPLES);
  }
  return recording;
}

/** Cut to a whole number of chunks. */
async function readWhole(file: string): Promise<Float32Array> {
  const samples = await readSamples(file);
  return samples.subarray(0, samples.length - (samples.length % CHUNK_SAMPLES));
}

async function readSamples(file: string): Promise<Float32Array> {
  const { samples, sampleRateHz } = readWav(await readFile(file));
  if (sampleRateHz !== SAMPLE_RATE_HZ) throw new RangeError(`${file} is at ${sampleRateHz} Hz, not at ${SAMPLE_RATE_HZ} Hz`);
  return samples;
}

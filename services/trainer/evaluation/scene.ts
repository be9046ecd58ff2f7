/** Streams to listen to: words spliced into speech of others, speech alone, or words alone, under noise at a given ratio. The same seed gives the same stream. */

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';

import type { Span } from '../corpus/alignment/frame-levels.ts';
import { INT16_SCALE, recordingCount, recordingOf, type SampleStore } from '../corpus/sample-store.ts';
import { randomFor, type Random } from '../random.ts';
import type { Distortion } from './distortions.ts';
import { activeRms, wordSpan } from './word-span.ts';

/** What a stream is heard under. */
export interface Condition {
  readonly name: string;
  /** Level of words and speech above the noise; `undefined`: no noise but the recordings' own. */
  readonly snrDb: number | undefined;
  /** What becomes of the whole stream, noise included, before it is heard. */
  readonly distortion?: Distortion | undefined;
}

/** Words in a stream. */
export interface WordScene {
  readonly samples: Int16Array;
  /** Where each word is, in the order of the clips. */
  readonly words: readonly Span[];
}

/** What scenes are made of. Speech and noise are recordings that no training heard. */
export interface SceneMaterial {
  readonly speech: SampleStore;
  readonly noise: SampleStore;
  readonly seed: number;
}

/** The level of words and speech, in dB below full scale: that of ITU-T P.56's tests. */
const SPEECH_DB = -26;
/** Under "clean" streams lies noise of this level instead of digital silence. */
const FLOOR_DB = -70;
/** How much speech comes before each word. */
const LEAD_IN_SAMPLES = 1.2 * SAMPLE_RATE_HZ;
/** Speech is cut at the quietest place within this of where it should be. */
const CUT_SEARCH_SAMPLES = 0.2 * SAMPLE_RATE_HZ;
/** The speaker who gives a command pauses before it and after it. */
const PAUSE_MS: [number, number] = [250, 500];
const FADE_SAMPLES = SAMPLE_RATE_HZ / 100;

/**
 * Splices clips into speech: for each a stretch of someone else's speech, a pause, the clip, a pause.
 *
 * @param speechWithout - the recordings of speech in which the word is not said
 */
export function wordScene(
  clips: readonly Int16Array[],
  { material, condition, speechWithout }: { material: SceneMaterial; condition: Condition; speechWithout: readonly number[] },
): WordScene {
  const random = randomFor(material.seed, 5);
  const parts = clips.map((clip) => ({
    leadIn: leadInOf(material.speech, speechWithout, random),
    pauses: [pauseSamples(random), pauseSamples(random)] as const,
    clip,
    gain: gainOf(clip),
  }));
  const length = parts.reduce((sum, { leadIn, pauses, clip }) => sum + leadIn.samples.length + pauses[0] + clip.length + pauses[1], 0);
  const stream = noiseBed(length, condition, material);
  let at = 0;
  const words = parts.map(({ leadIn, pauses, clip, gain }) => {
    addFaded(stream, leadIn.samples, { at, gain: leadIn.gain });
    at += leadIn.samples.length + pauses[0];
    addFaded(stream, clip, { at, gain });
    const { startSample, endSample } = wordSpan(clip);
    const word = { startSample: at + startSample, endSample: at + endSample };
    at += clip.length + pauses[1];
    return word;
  });
  return { samples: toInt16(stream, condition), words };
}

/** A recording of speech as it is, but for its level, under noise. `index` counts in the material's speech. */
export function speechScene(index: number, { material, condition }: { material: SceneMaterial; condition: Condition }): Int16Array {
  const recording = recordingOf(material.speech, index);
  const stream = noiseBed(recording.length, condition, { ...material, seed: material.seed + index });
  addFaded(stream, recording, { at: 0, gain: gainOf(recording) });
  return toInt16(stream, condition);
}

/** Clips one after the other, a pause behind each, under noise. `index` tells the streams of one material apart. */
export function clipsScene(
  clips: readonly Int16Array[],
  { material, condition, index }: { material: SceneMaterial; condition: Condition; index: number },
): Int16Array {
  const random = randomFor(material.seed, 15, index);
  const parts = clips.map((clip) => ({ clip, pause: pauseSamples(random) }));
  const length = parts.reduce((sum, { clip, pause }) => sum + clip.length + pause, 0);
  const stream = noiseBed(length, condition, { ...material, seed: material.seed + index });
  let at = 0;
  for (const { clip, pause } of parts) {
    addFaded(stream, clip, { at, gain: gainOf(clip) });
    at += clip.length + pause;
  }
  return toInt16(stream, condition);
}

interface LeadIn {
  readonly samples: Int16Array;
  readonly gain: number;
}

function leadInOf(speech: SampleStore, recordings: readonly number[], random: Random): LeadIn {
  if (recordings.length === 0) return { samples: new Int16Array(0), gain: 0 };
  const recording = recordingOf(speech, recordings[random.below(recordings.length)]!);
  const start = quietestNear(recording, random.below(Math.max(1, recording.length - LEAD_IN_SAMPLES)));
  const end = quietestNear(recording, start + LEAD_IN_SAMPLES);
  return { samples: recording.subarray(start, end), gain: gainOf(recording) };
}

function quietestNear(recording: Int16Array, sample: number): number {
  let [quietest, least] = [Math.min(sample, recording.length), Infinity];
  const last = Math.min(recording.length, sample + CUT_SEARCH_SAMPLES) - FADE_SAMPLES;
  for (let start = Math.max(0, sample - CUT_SEARCH_SAMPLES); start <= last; start += FADE_SAMPLES) {
    let energy = 0;
    for (let n = start; n < start + FADE_SAMPLES; n++) energy += recording[n]! ** 2;
    if (energy < least) [quietest, least] = [start, energy];
  }
  return quietest;
}

/** Noise recordings one after the other, from random ones of the material, each at the level that the condition wants. */
function noiseBed(samples: number, { snrDb }: Condition, { noise, seed }: SceneMaterial): Float32Array {
  const random = randomFor(seed, 6);
  const bed = new Float32Array(samples);
  if (snrDb === undefined || recordingCount(noise) === 0) return addHiss(bed, random);
  for (let at = 0; at < samples;) {
    const recording = recordingOf(noise, random.below(recordingCount(noise)));
    const from = at === 0 ? random.below(recording.length) : 0;
    const piece = recording.subarray(from, Math.min(recording.length, from + samples - at));
    addFaded(bed, piece, { at, gain: gainOf(recording) * 10 ** (-snrDb / 20) });
    at += piece.length;
  }
  return bed;
}

function addHiss(bed: Float32Array, random: Random): Float32Array {
  const amplitude = 10 ** (FLOOR_DB / 20) * Math.sqrt(3); // uniform noise has an RMS of amplitude / √3
  for (let n = 0; n < bed.length; n++) bed[n] = random.between(-amplitude, amplitude);
  return bed;
}

/** What brings a recording to `SPEECH_DB`, from 16-bit samples to [-1, 1]. */
function gainOf(recording: Int16Array): number {
  const rms = activeRms(recording);
  return rms === 0 ? 0 : 10 ** (SPEECH_DB / 20) / rms;
}

function addFaded(stream: Float32Array, samples: Int16Array, { at, gain }: { at: number; gain: number }): void {
  for (let n = 0; n < samples.length; n++) {
    const fade = Math.min(1, (n + 1) / FADE_SAMPLES, (samples.length - n) / FADE_SAMPLES);
    stream[at + n] = stream[at + n]! + fade * gain * samples[n]!;
  }
}

function pauseSamples(random: Random): number {
  return Math.round((random.between(...PAUSE_MS) * SAMPLE_RATE_HZ) / 1000);
}

function toInt16(stream: Float32Array, { distortion }: Condition): Int16Array {
  const heard = distortion ? distortion(stream) : stream;
  return Int16Array.from(heard, (sample) => Math.max(-INT16_SCALE, Math.min(INT16_SCALE - 1, Math.round(sample * INT16_SCALE))));
}

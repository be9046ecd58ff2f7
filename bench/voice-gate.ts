/**
 * What leaving out silence saves and what it loses: `node scripts/run.mjs bench/voice-gate.ts --data SPEECH_COMMANDS`.
 * Clips are laid into backgrounds, seconds apart, and heard with the gate and without.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';

import { readWav } from '#shared/audio/wav.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import { createKernelEngine } from '#shared/kernel/kernel-engine.ts';
import { Spotter } from '#shared/pipeline/spotter.ts';

import { machine } from './report.ts';
import { benchArtefact, ROOT } from './subject.ts';

const SEED = 1;
/** From one clip's begin to the next: the background must have been alone for longer than a window, and varies. */
const MIN_PERIOD_SAMPLES = 3.5 * SAMPLE_RATE_HZ;
const PERIOD_SPREAD_SAMPLES = 2 * SAMPLE_RATE_HZ;
/** An event counts for a clip if its window ends between the clip's begin and so long after it. */
const HIT_SAMPLES = 2 * SAMPLE_RATE_HZ;
const CHUNK_SAMPLES = 1280;
const SILENT_SECONDS = 120;
/** Clips of one stream: a few hundred MiB of samples. */
const CLIPS_PER_STREAM = 500;
/** The background must be known before the first. */
const LEAD_SAMPLES = 4 * SAMPLE_RATE_HZ;
const LIST_OF = { validation: 'validation_list.txt', test: 'testing_list.txt' } as const;
/** What leaving out silence may cost, in points of recall, and must save. */
const MAX_LOSS_POINTS = 0.2;
const MIN_SAVED = 0.8;
/** What goes on all the time is silence to a listener; the others change by themselves. */
const STEADY = ['digital silence', 'a quiet room', 'a room', 'pink noise'];

interface Background {
  readonly name: string;
  /** Endless samples, RMS about 1. */
  readonly sampleAt: (i: number) => number;
  /** Of the clips' RMS over the background's; or the background's own level below full scale. */
  readonly snrDb?: number;
  readonly levelDb?: number;
}

interface Clip {
  readonly word: string;
  readonly samples: Float32Array;
}

interface Placed {
  readonly word: string;
  readonly start: number;
}

/** What all streams of one background came to. */
interface Sum {
  plainHits: number;
  gatedHits: number;
  windows: number;
  skipped: number;
  plainCpuSeconds: number;
  gatedCpuSeconds: number;
}

const options = await yargs(hideBin(process.argv))
  .option('data', { type: 'string', demandOption: true, describe: 'the folder of Speech Commands' })
  .option('split', { choices: ['validation', 'test'] as const, default: 'validation' as const, describe: 'which clips' })
  .option('clips', { type: 'number', default: Infinity, describe: 'how many of them, spread over the list; all by default' })
  .option('background', { type: 'string', describe: 'only those whose name holds this' })
  .strict()
  .help()
  .parse();

const engine = await createKernelEngine(readFileSync(join(ROOT, 'dist/kernel/kernel.wasm')));
const classifier = engine.load(await benchArtefact());
const generator = xoroshiro128plus(SEED);
const clips = readClips();
const voiceLevel = median(clips.map(({ samples }) => rms(samples)));
const rows: string[][] = [];
let [plainHits, gatedHits, placedClips] = [0, 0, 0];
for (const background of backgrounds()) {
  process.stderr.write(`${clips.length} clips, ${background.name}\n`);
  const sum = heardIn(background);
  plainHits += sum.plainHits;
  gatedHits += sum.gatedHits;
  placedClips += clips.length;
  rows.push([
    background.name,
    percent(sum.plainHits / clips.length),
    percent(sum.gatedHits / clips.length),
    points(sum.plainHits - sum.gatedHits, clips.length),
    percent(sum.skipped / sum.windows),
    percent(1 - sum.gatedCpuSeconds / sum.plainCpuSeconds),
  ]);
}
const silence = backgrounds().map((background) => {
  const samples = backgroundAlone(background, SILENT_SECONDS);
  const [plain, gated] = [hearAll(samples, false), hearAll(samples, true)];
  return { name: background.name, skipped: gated.skipped / gated.windows, saved: 1 - gated.cpuSeconds / plain.cpuSeconds };
});
console.log(
  [
    `${clips.length} ${options.split} clips in each background; ${machine()}.`,
    '',
    ...table(['background', 'recall', 'with the gate', 'lost, points', 'windows left out', 'CPU saved'], rows),
    '',
    `All together: ${percent(plainHits / placedClips)}, with the gate ${percent(gatedHits / placedClips)}: ${points(plainHits - gatedHits, placedClips)} points lost.`,
    '',
    `${SILENT_SECONDS} s without any speech:`,
    '',
    ...table(
      ['background', 'windows left out', 'CPU saved'],
      silence.map(({ name, skipped, saved }) => [name, percent(skipped), percent(saved)]),
    ),
  ].join('\n'),
);
const steady = silence.filter(({ name }) => STEADY.some((start) => name.startsWith(start)));
const isTooDear = (100 * (plainHits - gatedHits)) / placedClips > MAX_LOSS_POINTS;
if (isTooDear || steady.some(({ saved }) => saved < MIN_SAVED)) process.exitCode = 1;

function readClips(): Clip[] {
  const { keywords } = classifier.manifest;
  const names = readFileSync(join(options.data, LIST_OF[options.split]), 'utf8')
    .split('\n')
    .filter((name) => keywords.includes(name.split('/')[0]!));
  const count = Math.min(options.clips, names.length);
  const chosen = Array.from({ length: count }, (_, i) => names[Math.floor((i * names.length) / count)]!);
  return chosen.map((name) => ({ word: name.split('/')[0]!, samples: readWav(readFileSync(join(options.data, name))).samples }));
}

function backgrounds(): Background[] {
  const noise = xoroshiro128plus(SEED);
  const white = normalised(Float32Array.from({ length: 20 * SAMPLE_RATE_HZ }, () => gaussian(noise)));
  const recorded = (name: string): Float32Array =>
    normalised(readWav(readFileSync(join(options.data, '_background_noise_', `${name}.wav`))).samples);
  const of = (samples: Float32Array) => (i: number) => samples[i % samples.length]!;
  const [pink, dishes, bike] = [recorded('pink_noise'), recorded('doing_the_dishes'), recorded('exercise_bike')];
  const all: Background[] = [
    { name: 'digital silence', sampleAt: () => 0, levelDb: 0 },
    { name: 'a quiet room: white noise, −70 dB', sampleAt: of(white), levelDb: -70 },
    { name: 'a room: pink noise, −50 dB', sampleAt: of(pink), levelDb: -50 },
    { name: 'pink noise, 20 dB below the voice', sampleAt: of(pink), snrDb: 20 },
    { name: 'pink noise, 10 dB below', sampleAt: of(pink), snrDb: 10 },
    { name: 'pink noise, 5 dB below', sampleAt: of(pink), snrDb: 5 },
    { name: 'an exercise bike, 10 dB below', sampleAt: of(bike), snrDb: 10 },
    { name: 'dishes being done, 10 dB below', sampleAt: of(dishes), snrDb: 10 },
  ];
  return all.filter(({ name }) => name.includes(options.background ?? ''));
}

/** All clips in one background, stream by stream. */
function heardIn(background: Background): Sum {
  const sum: Sum = { plainHits: 0, gatedHits: 0, windows: 0, skipped: 0, plainCpuSeconds: 0, gatedCpuSeconds: 0 };
  for (let first = 0; first < clips.length; first += CLIPS_PER_STREAM) {
    const { samples, placed } = laidOut(clips.slice(first, first + CLIPS_PER_STREAM), background);
    const [plain, gated] = [hearAll(samples, false), hearAll(samples, true)];
    sum.plainHits += hitsOf(plain.events, placed);
    sum.gatedHits += hitsOf(gated.events, placed);
    sum.windows += gated.windows;
    sum.skipped += gated.skipped;
    sum.plainCpuSeconds += plain.cpuSeconds;
    sum.gatedCpuSeconds += gated.cpuSeconds;
  }
  return sum;
}

/** Clips one after the other in the background. */
function laidOut(some: readonly Clip[], background: Background): { readonly samples: Float32Array; readonly placed: readonly Placed[] } {
  let at = LEAD_SAMPLES;
  const placed = some.map(({ word }) => {
    const start = at;
    at += MIN_PERIOD_SAMPLES + uniformInt(generator, 0, PERIOD_SPREAD_SAMPLES);
    return { word, start };
  });
  const samples = backgroundAlone(background, at / SAMPLE_RATE_HZ);
  some.forEach((clip, i) => {
    for (let n = 0; n < clip.samples.length; n++) samples[placed[i]!.start + n]! += clip.samples[n]!;
  });
  return { samples, placed };
}

function backgroundAlone({ sampleAt, snrDb, levelDb }: Background, seconds: number): Float32Array {
  const level = snrDb === undefined ? 10 ** (levelDb! / 20) : voiceLevel * 10 ** (-snrDb / 20);
  return Float32Array.from({ length: Math.ceil(seconds * SAMPLE_RATE_HZ) }, (_, i) => quantised(level * sampleAt(i)));
}

interface Hearing {
  readonly events: readonly { readonly keyword: string; readonly endSample: number }[];
  readonly windows: number;
  readonly skipped: number;
  readonly cpuSeconds: number;
}

function hearAll(samples: Float32Array, skipsSilence: boolean): Hearing {
  const events: { keyword: string; endSample: number }[] = [];
  let [windows, skipped] = [0, 0];
  const spotter = new Spotter({
    classifier,
    input: { sampleRateHz: SAMPLE_RATE_HZ },
    skipsSilence,
    listener: {
      onKeyword: (event) => events.push(event),
      onWindow: ({ isSkipped }) => {
        windows++;
        skipped += Number(isSkipped);
      },
    },
  });
  const cpu = process.cpuUsage();
  for (let i = 0; i < samples.length; i += CHUNK_SAMPLES) spotter.pushSamples(samples.subarray(i, i + CHUNK_SAMPLES));
  const { user } = process.cpuUsage(cpu);
  spotter.close();
  return { events, windows, skipped, cpuSeconds: user / 1e6 };
}

function hitsOf(events: Hearing['events'], placed: readonly Placed[]): number {
  return placed.filter(({ word, start }) =>
    events.some(({ keyword, endSample }) => keyword === word && endSample > start && endSample <= start + HIT_SAMPLES),
  ).length;
}

function normalised(samples: Float32Array): Float32Array {
  const level = rms(samples);
  return samples.map((sample) => sample / level);
}

function rms(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** To 16 bits, as it would come. */
function quantised(sample: number): number {
  return Math.round(sample * 32_768) / 32_768;
}

/** Sum of twelve: near enough to a normal distribution. */
function gaussian(noise: RandomGenerator): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += uniformFloat32(noise);
  return sum;
}

function points(lost: number, of: number): string {
  return ((100 * lost) / of).toFixed(2);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function table(header: readonly string[], body: readonly (readonly string[])[]): string[] {
  return [header, header.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`);
}

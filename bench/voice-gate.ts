/**
 * What leaving out silence saves and what it loses: `node scripts/run.mjs bench/voice-gate.ts --data SPEECH_COMMANDS`.
 * Validation clips are laid into backgrounds, seconds apart, and heard with the gate and without.
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

interface Background {
  readonly name: string;
  /** Endless samples, RMS about 1. */
  readonly sampleAt: (i: number) => number;
  /** Of the clips' RMS over the background's; or the background's own level below full scale. */
  readonly snrDb?: number;
  readonly levelDb?: number;
}

interface Placed {
  readonly word: string;
  readonly start: number;
}

const options = await yargs(hideBin(process.argv))
  .option('data', { type: 'string', demandOption: true, describe: 'the folder of Speech Commands' })
  .option('clips', { type: 'number', default: 600, describe: 'how many validation clips, spread over the list' })
  .option('background', { type: 'string', describe: 'only those whose name holds this' })
  .strict()
  .help()
  .parse();

const engine = await createKernelEngine(readFileSync(join(ROOT, 'dist/kernel/kernel.wasm')));
const classifier = engine.load(await benchArtefact());
const generator = xoroshiro128plus(SEED);
const clips = readClips();
const rows: string[][] = [];
let [heardOf, heardGated, heardPlain] = [0, 0, 0];
for (const background of backgrounds()) {
  const { samples, placed } = laidOut(background);
  const [plain, gated] = [hearAll(samples, false), hearAll(samples, true)];
  const [plainHits, gatedHits] = [hitsOf(plain.events, placed), hitsOf(gated.events, placed)];
  heardOf += placed.length;
  heardPlain += plainHits;
  heardGated += gatedHits;
  const loss = (100 * (plainHits - gatedHits)) / placed.length;
  rows.push([
    background.name,
    percent(plainHits / placed.length),
    percent(gatedHits / placed.length),
    loss.toFixed(2),
    percent(gated.skipped / gated.windows),
    percent(1 - gated.cpuSeconds / plain.cpuSeconds),
  ]);
}
const silence = backgrounds().map((background) => {
  const samples = backgroundAlone(background, SILENT_SECONDS);
  const [plain, gated] = [hearAll(samples, false), hearAll(samples, true)];
  return [background.name, percent(gated.skipped / gated.windows), percent(1 - gated.cpuSeconds / plain.cpuSeconds)];
});
console.log(
  [
    `${clips.length} validation clips in each background; ${machine()}.`,
    '',
    ...table(['background', 'recall', 'with the gate', 'lost, points', 'windows left out', 'CPU saved'], rows),
    '',
    `All together: ${percent(heardPlain / heardOf)}, with the gate ${percent(heardGated / heardOf)}: ${((100 * (heardPlain - heardGated)) / heardOf).toFixed(2)} points lost.`,
    '',
    `${SILENT_SECONDS} s without any speech:`,
    '',
    ...table(['background', 'windows left out', 'CPU saved'], silence),
  ].join('\n'),
);

function readClips(): { readonly word: string; readonly samples: Float32Array }[] {
  const { keywords } = classifier.manifest;
  const names = readFileSync(join(options.data, 'validation_list.txt'), 'utf8')
    .split('\n')
    .filter((name) => keywords.includes(name.split('/')[0]!));
  const every = names.length / options.clips;
  const chosen = Array.from({ length: options.clips }, (_, i) => names[Math.floor(i * every)]!);
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

/** All clips, one after the other, in the background. */
function laidOut(background: Background): { readonly samples: Float32Array; readonly placed: readonly Placed[] } {
  let at = 4 * SAMPLE_RATE_HZ;
  const placed = clips.map(({ word }) => {
    const start = at;
    at += MIN_PERIOD_SAMPLES + uniformInt(generator, 0, PERIOD_SPREAD_SAMPLES);
    return { word, start };
  });
  const samples = backgroundAlone(background, at / SAMPLE_RATE_HZ);
  clips.forEach((clip, i) => {
    for (let n = 0; n < clip.samples.length; n++) samples[placed[i]!.start + n]! += clip.samples[n]!;
  });
  return { samples, placed };
}

function backgroundAlone({ sampleAt, snrDb, levelDb }: Background, seconds: number): Float32Array {
  const voice = median(clips.map(({ samples }) => rms(samples)));
  const level = snrDb === undefined ? 10 ** (levelDb! / 20) : voice * 10 ** (-snrDb / 20);
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

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function table(header: readonly string[], body: readonly (readonly string[])[]): string[] {
  return [header, header.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`);
}

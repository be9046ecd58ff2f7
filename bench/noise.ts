/**
 * Quality under noise: `npm run bench:noise -- --data DATA [--models DIR …] [--clips N] [--out DIR]`. Words in streams and speech without them, through
 * noise, rooms, levels, telephones, codecs and clocks, heard by the shipped models and, where its word is known, by openWakeWord. Writes
 * noise.md and noise.json; what noise.json already holds for the same model is not heard again, so a stopped run goes on.
 */

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import type { Artefact } from '#shared/model/artefact.ts';

import { loadArtefact, writeWhole } from '../services/trainer/artefact-files.ts';
import { transcriptsFor } from '../services/trainer/corpus/transcripts.ts';
import { createHearerPool, type Hearer } from '../services/trainer/evaluation/hearer.ts';
import { hearStreams } from '../services/trainer/evaluation/hear-streams.ts';
import type { Condition } from '../services/trainer/evaluation/scene.ts';
import { reportStreaming, type FiguresSummary } from '../services/trainer/evaluation/streaming-report.ts';
import { figuresAt, keywordScores, quantile, type Hearing } from '../services/trainer/evaluation/streaming.ts';
import { TrainerError } from '../services/trainer/trainer-error.ts';
import { noiseConditions } from './noise/conditions.ts';
import { noiseTable, type NoiseFigures } from './noise/noise-report.ts';
import { createOpenWakeWord, OPEN_WAKE_WORD_THRESHOLD } from './noise/open-wake-word.ts';
import { peerPython } from './peer.ts';
import { machine } from './report.ts';

const PEER_WORD = 'alexa';
/** It hears 33 times as fast as one speaks, the kernel 400 times: its false accepts are counted under these alone. */
const PEER_SPEECH_CONDITIONS = ['clean', 'noise 10 dB'];
const SPLIT = 'test';
const SEED = 1;
const LEAST_SCORE = 0.1;

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    models: { type: 'string', multiple: true, default: ['models/default', 'models/wake'] },
    clips: { type: 'string', default: '40' },
    out: { type: 'string', default: 'bench/results' },
    peer: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
if (values.data === undefined) throw new RangeError('name the folder of recordings with --data');
const material = {
  dataDirectory: values.data,
  clipsPerKeyword: Number(values.clips),
  transcripts: await transcriptsFor(values.data, undefined),
};
const conditions = await noiseConditions(values.data);
await mkdir(values.out, { recursive: true });
const resultsFile = join(values.out, 'noise.json');
/** What this file leaves. */
interface Kept {
  readonly machine: string;
  readonly clipsPerKeyword: number;
  readonly figures: readonly NoiseFigures[];
  /** Of this and earlier runs, by who heard what. */
  readonly heard: Readonly<Record<string, readonly NoiseFigures[]>>;
}
const kept = JSON.parse(await readFile(resultsFile, 'utf8').catch(() => '{}')) as Partial<Kept>; // of our own program
const heard = new Map(Object.entries(kept.heard ?? {}));
const wanted: string[] = [];
const python = peerPython();
if (values.peer && python !== undefined) await unlessMissing('openWakeWord', () => hearPeer(python));
const ofThePeer = wanted.flatMap((key) => heard.get(key) ?? []);
for (const directory of values.models) await unlessMissing(directory, async () => hearModel(await loadArtefact(directory)));
const figures = [...wanted.flatMap((key) => heard.get(key) ?? []).slice(ofThePeer.length), ...ofThePeer];
await writeFile(join(values.out, 'noise.md'), noiseTable(figures));
await keep(figures);
process.stdout.write(noiseTable(figures));

/** Where the folder has no recordings of one's words, the others are heard all the same. */
async function unlessMissing(who: string, hear: () => Promise<void>): Promise<void> {
  try {
    await hear();
  } catch (error) {
    if (!(error instanceof TrainerError) || error.code !== 'data_not_found') throw error;
    process.stderr.write(`${who}: not heard: ${error.message}\n`);
  }
}

async function hearModel(artefact: Artefact): Promise<void> {
  const { digest, keywords } = artefact.manifest;
  const hearer = await createHearerPool(artefact, availableParallelism());
  try {
    for (const condition of conditions) {
      await once(`${digest}/${condition.name}/${values.clips}`, async () =>
        ofModel(artefact, condition, await hearing(artefact, { hearer, condition, words: keywords })),
      );
    }
  } finally {
    await hearer.close();
  }
}

async function hearPeer(program: string): Promise<void> {
  const manifest = { labels: [PEER_WORD, '_unknown_'], keywords: [PEER_WORD] };
  const hearer = await createOpenWakeWord(program, PEER_WORD);
  try {
    for (const condition of conditions) {
      await once(`openWakeWord/${PEER_WORD}/${condition.name}/${values.clips}`, async () => {
        const hearsSpeech = PEER_SPEECH_CONDITIONS.includes(condition.name);
        return [ofPeer(condition, await hearing({ manifest }, { hearer, condition, words: [PEER_WORD], hearsSpeech }))];
      });
    }
  } finally {
    await hearer.close();
  }
}

interface Listening {
  readonly hearer: Hearer;
  readonly condition: Condition;
  readonly words: readonly string[];
  readonly hearsSpeech?: boolean;
}

async function hearing(
  artefact: { readonly manifest: Hearing['manifest'] },
  { hearer, condition, words, hearsSpeech = true }: Listening,
): Promise<Hearing> {
  const shared = { ...material, split: SPLIT, seed: SEED, hearer, keywords: words } as const;
  return hearStreams({ ...shared, artefact, conditions: [condition], speechConditions: hearsSpeech ? [condition] : [] });
}

/** All of a model's words together, and the peer's word alone where the model knows it. */
function ofModel({ manifest }: Artefact, condition: Condition, heardStreams: Hearing): NoiseFigures[] {
  const report = reportStreaming(heardStreams, { manifest, split: SPLIT });
  const who = `${manifest.name} ${manifest.version}`;
  const alone = report.keywords.find(({ keyword }) => keyword === PEER_WORD);
  const { falseRejectRate, falseAcceptsPerHour, latencyMedianMs, distinctSpeechHours: speechHours } = report;
  const words = report.keywords.reduce((sum, { all }) => sum + all.words, 0);
  return [
    { who, condition: condition.name, words, falseRejectRate, falseAcceptsPerHour, speechHours, latencyMedianMs },
    ...(alone ? [{ ...figuresOf(alone.all), who: `${who}, ${PEER_WORD} alone`, condition: condition.name }] : []),
  ];
}

function figuresOf({
  words,
  falseRejectRate,
  falseAcceptsPerHour,
  speechHours,
  latencyMedianMs,
}: FiguresSummary): Omit<NoiseFigures, 'who' | 'condition'> {
  return { words, falseRejectRate, falseAcceptsPerHour, speechHours, latencyMedianMs };
}

function ofPeer(condition: Condition, heardStreams: Hearing): NoiseFigures {
  const setting = { threshold: OPEN_WAKE_WORD_THRESHOLD, patience: 1, refractoryMs: 1000, releaseRatio: 1 };
  const { words, falseRejectRate, falseAcceptsPerHour, speechHours, latenciesMs } = figuresAt(
    setting,
    keywordScores(heardStreams, PEER_WORD, { smoothingWindows: 1, floor: LEAST_SCORE }),
  );
  return {
    who: `openWakeWord 0.4, ${PEER_WORD}`,
    condition: condition.name,
    words,
    falseRejectRate,
    falseAcceptsPerHour: speechHours === 0 ? undefined : falseAcceptsPerHour,
    speechHours,
    latencyMedianMs: quantile(latenciesMs, 0.5),
  };
}

/** Hears what no earlier run has, and keeps it. */
async function once(key: string, hear: () => Promise<readonly NoiseFigures[]>): Promise<void> {
  wanted.push(key);
  if (heard.has(key)) return;
  heard.set(key, await hear());
  await keep(kept.figures ?? []);
  for (const { who, condition, falseRejectRate } of heard.get(key)!)
    process.stderr.write(`${who}, ${condition}: ${(100 * falseRejectRate).toFixed(1)} % missed\n`);
}

async function keep(figures: readonly NoiseFigures[]): Promise<void> {
  const all: Kept = { machine: machine(), clipsPerKeyword: material.clipsPerKeyword, figures, heard: Object.fromEntries(heard) };
  await writeWhole(resultsFile, `${JSON.stringify(all, undefined, 1)}\n`);
}

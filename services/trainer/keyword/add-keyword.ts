/** Adds a keyword to a model: recordings → rounds of training, choosing, measuring on what was held back → a model with a card. */

import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { Artefact } from '#shared/model/artefact.ts';
import type { Engine } from '#shared/model/classifier.ts';
import type { Manifest } from '#shared/model/manifest.ts';

import { copyArtefact, loadArtefact, rewriteManifest, writeWhole } from '../artefact-files.ts';
import { assertAbsent } from '../corpus/import/import-clips.ts';
import type { Split } from '../corpus/speaker-split.ts';
import { calibrate, recordPlan } from '../evaluation/calibrate.ts';
import { evaluate, evaluateStreaming } from '../evaluation/evaluate.ts';
import type { Hearer } from '../evaluation/hearer.ts';
import type { Condition } from '../evaluation/scene.ts';
import { TrainerError } from '../trainer-error.ts';
import { train } from '../training/train.ts';
import { confusionsOf, meanRecall, pooled, type AddedKeyword, type RoundFigures } from './added-keyword.ts';
import { keywordCard } from './keyword-card.ts';
import { correctionConfig, keywordConfig } from './keyword-config.ts';
import { alignRecordings } from './keyword-recordings.ts';
import { linkRehearsal, writeSplitLists } from './rehearsal.ts';
import { MAX_ROUNDS, roundsOf, type Round } from './rounds.ts';
import { synthesise } from './speech-synthesis.ts';

/** Fewer cannot be dealt into groups to learn from, to choose on and to measure on. */
export const MIN_RECORDINGS = 10;
/** From so many on one round says enough. */
const MANY_RECORDINGS = 60;
const FEW_ROUNDS = 3;
const SET = 'own_keyword';
const SYNTHETIC_SET = 'own_keyword_synthetic';
/** Said in other accents, at other speeds and pitches. */
const SYNTHETIC_VOICES = 80;
/** Of each of the other words, to choose its threshold. */
const CALIBRATION_CLIPS = 20;

export interface AddKeywordOptions {
  readonly keyword: string;
  /** Folder of WAV files; `undefined` needs `synthetic`. */
  readonly recordings: string | undefined;
  /** What a synthetic voice says; `undefined`: none does. */
  readonly synthetic: string | undefined;
  readonly dataDirectory: string;
  readonly modelDirectory: string;
  readonly outDirectory: string;
  /** `undefined`: one with many recordings, three with few. */
  readonly rounds: number | undefined;
  readonly epochs: number;
  /** Of an epoch, about. */
  readonly examples: number;
  readonly seed: number;
  readonly conditions: readonly Condition[];
  readonly budgetPerHour: number;
  readonly commit: string;
  readonly signal: AbortSignal;
  readonly engine: Engine;
  readonly createHearer: (artefact: Artefact) => Promise<Hearer>;
}

/**
 * Writes the model and its card into `outDirectory`. What it works on lies in `<outDirectory>.work`; after a kill the next call goes on there.
 *
 * @returns what the keyword is worth; `undefined` if it was stopped
 * @throws {TrainerError} `keyword_exists`, `output_exists`, `invalid_config`, `too_few_recordings`, `data_not_found`, `no_speech_synthesis`, `unreadable_clip`
 */
export async function addKeyword(options: AddKeywordOptions): Promise<AddedKeyword | undefined> {
  const base = await loadArtefact(options.modelDirectory);
  assertNew(options.keyword, base.manifest);
  assertRounds(options.rounds);
  await assertAbsent(options.outDirectory);
  const work = `${options.outDirectory}.work`;
  await keepOrClear(work, requestOf(options, base));
  const data = join(work, 'data');
  const clips = await prepareData(options, { work, data });
  const dealt = roundsOf(clips.files, {
    rounds: options.rounds ?? (clips.files.length < MANY_RECORDINGS ? FEW_ROUNDS : 1),
    seed: options.seed,
  });
  const figures: RoundFigures[] = [];
  for (const [i, round] of dealt.rounds.entries()) {
    await deal(round, { data, set: clips.set, keyword: options.keyword });
    const measured = await runRound(options, { base, data, directory: join(work, `round-${i + 1}`), isFirst: i === 0 });
    if (!measured) return undefined;
    figures.push(measured);
  }
  await deal(dealt.rounds[0]!, { data, set: clips.set, keyword: options.keyword });
  const before = await evaluate({ modelDirectory: options.modelDirectory, dataDirectory: data, split: 'test', engine: options.engine });
  const added: AddedKeyword = {
    keyword: options.keyword,
    recordings: clips.files.length,
    speakers: dealt.speakers,
    synthetic: clips.synthetic,
    isSyntheticOnly: options.recordings === undefined,
    ...pooled(figures),
    budgetPerHour: options.budgetPerHour,
    confusions: confusionsOf(options.keyword, figures),
    oldWords: {
      before: meanRecall(before.allLabels, base.manifest.keywords),
      now: meanRecall(figures[0]!.clips, base.manifest.keywords),
    },
  };
  await writeModel(join(work, 'round-1'), { out: options.outDirectory, base: base.manifest, added });
  await rm(work, { recursive: true });
  return added;
}

function assertNew(keyword: string, { name, labels }: Manifest): void {
  if (!/^[\p{L}\p{N}][\p{L}\p{N}_]*$/u.test(keyword))
    throw new TrainerError('invalid_config', `${JSON.stringify(keyword)} is no name of a keyword: letters and digits, _ between words`);
  if (labels.includes(keyword)) throw new TrainerError('keyword_exists', `the model ${name} has the keyword ${keyword} already`);
}

function assertRounds(rounds: number | undefined): void {
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 1 && rounds <= MAX_ROUNDS))
    throw new TrainerError('invalid_config', `--rounds is a whole number from 1 to ${MAX_ROUNDS}, not ${rounds}`);
}

const REQUEST_FILE = 'request.json';

/** What a round depends on: another one begins anew. */
function requestOf(
  { keyword, recordings, synthetic, dataDirectory, epochs, examples, seed }: AddKeywordOptions,
  { manifest: { digest } }: Artefact,
): string {
  return JSON.stringify({ keyword, recordings, synthetic, dataDirectory, epochs, examples, seed, base: digest });
}

/** Keeps what an earlier call for the same has left. */
async function keepOrClear(work: string, request: string): Promise<void> {
  const earlier = await readFile(join(work, REQUEST_FILE), 'utf8').catch(() => undefined);
  if (earlier === request) return;
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  await writeWhole(join(work, REQUEST_FILE), request);
}

interface KeywordClips {
  /** The set that is dealt into groups. */
  readonly set: string;
  readonly files: readonly string[];
  /** How many more there are to learn from. */
  readonly synthetic: number;
}

/** Makes the folder anew: it is links and some clips, and depends on nothing but the options. */
async function prepareData(options: AddKeywordOptions, { work, data }: { work: string; data: string }): Promise<KeywordClips> {
  const { keyword, recordings, synthetic, dataDirectory, seed } = options;
  await rm(data, { recursive: true, force: true });
  await mkdir(data, { recursive: true });
  const spoken = synthetic === undefined ? [] : await synthesised(synthetic, { keyword, work, set: join(data, SYNTHETIC_SET), seed });
  const own =
    recordings === undefined
      ? undefined
      : await alignRecordings({ keyword, from: recordings, set: join(data, SET), leastRecordings: MIN_RECORDINGS });
  await linkRehearsal({ dataDirectory, to: data, keyword, seed });
  return own
    ? { set: SET, files: own.clips.map(({ file }) => file), synthetic: spoken.length }
    : { set: SYNTHETIC_SET, files: spoken, synthetic: 0 };
}

async function synthesised(
  text: string,
  { keyword, work, set, seed }: { keyword: string; work: string; set: string; seed: number },
): Promise<readonly string[]> {
  const directory = join(work, 'voices');
  await synthesise(text, { directory, voices: SYNTHETIC_VOICES, seed });
  const { clips } = await alignRecordings({ keyword, from: directory, set, leastRecordings: MIN_RECORDINGS });
  return clips.map(({ file }) => file);
}

async function deal(round: Round, { data, set, keyword }: { data: string; set: string; keyword: string }): Promise<void> {
  await writeSplitLists(
    join(data, set),
    [...round].map(([file, split]: [string, Split]) => ({ name: `${keyword}/${file}`, split })),
  );
}

/** @returns `undefined` if it was stopped */
async function runRound(
  options: AddKeywordOptions,
  { base, data, directory, isFirst }: { base: Artefact; data: string; directory: string; isFirst: boolean },
): Promise<RoundFigures | undefined> {
  const { keyword, epochs, examples, seed, signal, commit, conditions, createHearer, engine } = options;
  const name = `${base.manifest.name}-${keyword.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_')}`.slice(0, MAX_NAME_LENGTH);
  const config = keywordConfig(base.manifest, { keyword, name, epochs, examples, seed });
  const provenance = { runId: new Date().toISOString().replaceAll(/[:.]/g, '-'), commit };
  const isStopped = (): boolean => signal.aborted;
  const learnt = join(directory, 'learnt');
  await train(config, { dataDirectory: data, runDirectory: learnt, provenance, signal, from: base });
  if (isStopped()) return undefined;
  await train(correctionConfig(config), {
    dataDirectory: data,
    runDirectory: directory,
    provenance,
    signal,
    from: await loadArtefact(learnt),
  });
  if (isStopped()) return undefined;
  const streams = { transcripts: undefined, conditions, clipsPerOtherWord: Infinity, createHearer };
  const shared = { modelDirectory: directory, dataDirectory: data, ...streams };
  const requirements = { falseAcceptsPerHour: options.budgetPerHour, latencyMedianMs: 150, latencyP95Ms: 350 };
  const plan = await calibrate({ ...shared, clipsPerKeyword: CALIBRATION_CLIPS, requirements, ...(!isFirst && { keywords: [keyword] }) });
  await recordPlan(directory, plan);
  const streaming = await evaluateStreaming({ ...shared, split: 'test', clipsPerKeyword: Infinity, seed, keywords: [keyword] });
  const { allLabels } = await evaluate({ modelDirectory: directory, dataDirectory: data, split: 'test', engine });
  return { streaming: streaming.keywords[0]!.all, clips: allLabels };
}

const MAX_NAME_LENGTH = 64;

async function writeModel(round: string, { out, base, added }: { out: string; base: Manifest; added: AddedKeyword }): Promise<void> {
  const { keyword, falseRejectRate, falseAcceptsPerHour } = added;
  await rewriteManifest(round, (manifest) => ({
    ...manifest,
    operatingPoints: {
      ...manifest.operatingPoints,
      [keyword]: { ...manifest.operatingPoints[keyword]!, falseAcceptsPerHour, falseRejectRate },
    },
  }));
  const { manifest } = await loadArtefact(round);
  const partial = `${round}.out`;
  await rm(partial, { recursive: true, force: true });
  await copyArtefact(round, partial);
  await writeWhole(join(partial, 'README.md'), keywordCard(manifest, base, added));
  await mkdir(dirname(out), { recursive: true });
  await rename(partial, out); // the folder appears when everything is in it: what was killed before goes on
}

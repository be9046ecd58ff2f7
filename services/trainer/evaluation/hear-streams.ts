/** Lets a model hear the words of a split in continuous speech and noise, and speech alone and other words alone, under each condition. */

import { heldBackSplit, isHeldBackNoise, isHeldBackSpeech, listCorpus, type Clip, type HeldBackSplit } from '../corpus/corpus.ts';
import { loadSamples, recordingCount, recordingOf, type SampleStore } from '../corpus/sample-store.ts';
import { randomFor, shuffle } from '../random.ts';
import { TrainerError } from '../trainer-error.ts';
import { startProgress } from '../training/progress.ts';
import type { Hearer } from './hearer.ts';
import { hearOtherWords, otherWordClips } from './other-words.ts';
import { speechScene, wordScene, type Condition, type SceneMaterial } from './scene.ts';
import type { Hearing, SpeechTrack, WordTrack } from './streaming.ts';
import type { Transcripts } from '../corpus/transcripts.ts';

export interface StreamsOptions {
  readonly artefact: { readonly manifest: Hearing['manifest'] };
  readonly dataDirectory: string;
  readonly split: HeldBackSplit;
  readonly conditions: readonly Condition[];
  /** Under which speech is heard; `conditions` where it is not said. */
  readonly speechConditions?: readonly Condition[] | undefined;
  /** Of whose clips there are streams; all of the model's where it is not said. */
  readonly keywords?: readonly string[] | undefined;
  /** At most so many clips of each keyword; which ones, the seed decides. */
  readonly clipsPerKeyword: number;
  /** At most so many clips of each word that is no keyword, to count false accepts on apart from speech; none where it is not said. */
  readonly clipsPerOtherWord?: number | undefined;
  readonly transcripts: Transcripts;
  readonly seed: number;
  readonly hearer: Hearer;
}

/** @throws {TrainerError} `data_not_found`, `unreadable_clip` */
export async function hearStreams(options: StreamsOptions): Promise<Hearing> {
  const { artefact, conditions, speechConditions = conditions, hearer } = options;
  const { material, speechPaths, clips, otherWords } = await readMaterial(options);
  return {
    manifest: artefact.manifest,
    words: await hearWords(options, { material, speechPaths, clips }),
    speech: await hearSpeech(options, { material, speechPaths }),
    otherWords: await hearOtherWords(otherWords, { material, conditions: speechConditions, hearer }),
  };
}

interface Material {
  readonly material: SceneMaterial;
  readonly speechPaths: readonly string[];
  readonly clips: ReadonlyMap<string, SampleStore>;
  readonly otherWords: SampleStore;
}

async function readMaterial(options: StreamsOptions): Promise<Material> {
  const { artefact, keywords, dataDirectory, split, clipsPerKeyword, clipsPerOtherWord = 0, seed } = options;
  const corpus = await listCorpus(dataDirectory);
  const ofSplit = (paths: readonly string[]): string[] => paths.filter((path) => heldBackSplit(path) === split);
  const speechPaths = ofSplit(corpus.speech.filter(isHeldBackSpeech));
  if (speechPaths.length === 0)
    throw new TrainerError(
      'data_not_found',
      `no held-back speech of the ${split} split in ${dataDirectory}/speech to count false accepts on`,
    );
  const clips = new Map<string, SampleStore>();
  for (const keyword of keywords ?? artefact.manifest.keywords) {
    const chosen = someOf(corpus.clips, { split, keyword, clipsPerKeyword, seed });
    if (chosen.length > 0) clips.set(keyword, await read(chosen.map(({ path }) => path)));
  }
  if (clips.size === 0) throw new TrainerError('data_not_found', `no clips of the ${split} split of any keyword in ${dataDirectory}`);
  const noise = await read(ofSplit(corpus.noise.filter(isHeldBackNoise)));
  const others = otherWordClips(corpus.clips, { keywords: artefact.manifest.keywords, split, clipsPerWord: clipsPerOtherWord, seed });
  const otherWords = await read(others.map(({ path }) => path));
  return { material: { speech: await read(speechPaths), noise, seed }, speechPaths, clips, otherWords };
}

function someOf(
  clips: readonly Clip[],
  { split, keyword, clipsPerKeyword, seed }: { split: HeldBackSplit; keyword: string; clipsPerKeyword: number; seed: number },
): Clip[] {
  const all = clips.filter((clip) => clip.split === split && clip.word === keyword);
  return shuffle(all, randomFor(seed, 7)).slice(0, clipsPerKeyword);
}

async function hearWords(
  { conditions, transcripts, hearer }: StreamsOptions,
  { material, speechPaths, clips }: Omit<Material, 'otherWords'>,
): Promise<WordTrack[]> {
  const scenes = [...clips].flatMap(([keyword, store]) => conditions.map((condition) => ({ keyword, store, condition })));
  const bar = startProgress('hearing words', scenes.length);
  const words: WordTrack['words'][] = [];
  const render = (i: number): Int16Array => {
    const { keyword, store, condition } = scenes[i]!;
    const recordings = Array.from({ length: recordingCount(store) }, (_, clip) => recordingOf(store, clip));
    const speechWithout = [...speechPaths.keys()].filter((index) => transcripts.lacks(speechPaths[index]!, keyword));
    const scene = wordScene(recordings, { material, condition, speechWithout });
    words[i] = scene.words;
    return scene.samples;
  };
  const tracks = await hearer.hear(scenes.length, render, (heard) => bar.update(heard, {}));
  bar.stop();
  return scenes.map(({ keyword, condition }, i) => ({ keyword, condition, track: tracks[i]!, words: words[i]! }));
}

async function hearSpeech(
  { conditions, speechConditions = conditions, transcripts, hearer }: StreamsOptions,
  { material, speechPaths }: Pick<Material, 'material' | 'speechPaths'>,
): Promise<SpeechTrack[]> {
  const scenes = speechConditions.flatMap((condition) => speechPaths.map((path, index) => ({ condition, path, index })));
  const bar = startProgress('hearing speech', scenes.length);
  const render = (i: number): Int16Array => speechScene(scenes[i]!.index, { material, condition: scenes[i]!.condition });
  const tracks = await hearer.hear(scenes.length, render, (heard) => bar.update(heard, {}));
  bar.stop();
  return scenes.map(({ condition, path }, i) => ({
    condition,
    track: tracks[i]!,
    lacks: (keyword) => transcripts.lacks(path, keyword),
    isTranscribed: transcripts.wordsOf(path) !== undefined,
  }));
}

async function read(paths: readonly string[]): Promise<SampleStore> {
  const bar = startProgress('reading recordings', paths.length);
  const store = await loadSamples(paths, (files) => bar.update(files, {}));
  bar.stop();
  return store;
}

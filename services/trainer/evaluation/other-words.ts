/** Clips of words that are no keyword, as negatives beside speech: which ones, and in which streams they are heard. */

import { basename } from 'node:path';

import { SILENCE_LABEL } from '#shared/model/manifest.ts';

import type { Clip, HeldBackSplit } from '../corpus/corpus.ts';
import { recordingCount, recordingOf, type SampleStore } from '../corpus/sample-store.ts';
import { groupBy } from '../group-by.ts';
import { randomFor, shuffle } from '../random.ts';
import { startProgress } from '../training/progress.ts';
import type { Hearer } from './hearer.ts';
import { clipsScene, type Condition, type SceneMaterial } from './scene.ts';
import type { OtherWordsTrack } from './streaming.ts';

/** Two to three minutes each, so that few of them fill the memory. */
const CLIPS_A_STREAM = 100;

/** The clips of a split whose word is no keyword, at most so many of each word, each once and in random order. */
export function otherWordClips(
  clips: readonly Clip[],
  { keywords, split, clipsPerWord, seed }: { keywords: readonly string[]; split: HeldBackSplit; clipsPerWord: number; seed: number },
): Clip[] {
  const others = clips.filter((clip) => clip.split === split && clip.word !== SILENCE_LABEL && !keywords.includes(clip.word));
  const words = [...groupBy(withoutCopies(others), ({ word }) => word).values()];
  const chosen = words.flatMap((word, i) => shuffle([...word], randomFor(seed, 16, i)).slice(0, clipsPerWord));
  return shuffle(chosen, randomFor(seed, 17));
}

/** Lets a model hear clips one after the other, under each condition. */
export async function hearOtherWords(
  clips: SampleStore,
  { material, conditions, hearer }: { material: SceneMaterial; conditions: readonly Condition[]; hearer: Hearer },
): Promise<OtherWordsTrack[]> {
  const groups = groupsOf(recordingCount(clips));
  const scenes = conditions.flatMap((condition) => groups.map((group, index) => ({ condition, group, index })));
  const bar = startProgress('hearing other words', scenes.length);
  const render = (i: number): Int16Array => {
    const { condition, group, index } = scenes[i]!;
    const recordings = group.map((clip) => recordingOf(clips, clip));
    return clipsScene(recordings, { material, condition, index });
  };
  const tracks = await hearer.hear(scenes.length, render, (heard) => bar.update(heard, {}));
  bar.stop();
  return scenes.map(({ condition, group }, i) => ({ condition, track: tracks[i]!, words: group.length }));
}

/** The official test set holds clips of `_unknown_` a second time, with the word before the name of the file. */
function withoutCopies(clips: readonly Clip[]): Clip[] {
  const nameOf = ({ path, word }: Clip): string => `${word} ${basename(path).replace(`${word}_`, '')}`;
  return [...groupBy(clips, nameOf).values()].map(([first]) => first!);
}

function groupsOf(count: number): number[][] {
  const all = Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: Math.ceil(count / CLIPS_A_STREAM) }, (_, i) => all.slice(i * CLIPS_A_STREAM, (i + 1) * CLIPS_A_STREAM));
}

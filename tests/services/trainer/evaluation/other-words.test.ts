/** Clips of other words, as negatives. */

import { expect, test } from 'vitest';

import type { Clip } from '../../../../services/trainer/corpus/corpus.ts';
import { storeOf } from '../../../../services/trainer/corpus/sample-store.ts';
import type { Hearer } from '../../../../services/trainer/evaluation/hearer.ts';
import { hearOtherWords, otherWordClips } from '../../../../services/trainer/evaluation/other-words.ts';

const OPTIONS = { keywords: ['yes', 'no'], split: 'test', clipsPerWord: 10, seed: 1 } as const;

test('are those of the split whose word is no keyword, and no silence', () => {
  const clips = [
    clip('yes', 0),
    clip('bed', 0),
    clip('bed', 1, 'validation'),
    clip('bird', 0, 'training'),
    clip('_silence_', 0),
    clip('cat', 0),
  ];

  expect(words(otherWordClips(clips, OPTIONS))).toEqual(['bed', 'cat']);
});

test('are at most so many of each word, and the same ones for the same seed', () => {
  const clips = ['bed', 'cat'].flatMap((word) => Array.from({ length: 30 }, (_, i) => clip(word, i)));
  const choose = (seed: number): string[] => otherWordClips(clips, { ...OPTIONS, seed }).map(({ path }) => path);

  expect(words(otherWordClips(clips, OPTIONS))).toEqual([...Array<string>(10).fill('bed'), ...Array<string>(10).fill('cat')]);
  expect(choose(1)).toEqual(choose(1));
  expect(choose(2)).not.toEqual(choose(1));
  expect(otherWordClips(clips, { ...OPTIONS, clipsPerWord: 0 })).toEqual([]);
});

test('that the official test set holds a second time count once', () => {
  const copy: Clip = { path: 'test_v2_12/_unknown_/bed_0a_nohash_0.wav', word: 'bed', split: 'test' };

  expect(otherWordClips([clip('bed', 0), copy], OPTIONS)).toEqual([clip('bed', 0)]);
});

test('are heard each once under each condition, in streams of some minutes', async () => {
  const second = Int16Array.from({ length: 16_000 }, (_, n) => 3000 * Math.sin(n / 3));
  const clips = storeOf(Array.from({ length: 120 }, () => second));
  const material = { speech: storeOf([]), noise: storeOf([]), seed: 1 };
  const conditions = [
    { name: 'clean', snrDb: undefined },
    { name: '10 dB', snrDb: 10 },
  ];

  const tracks = await hearOtherWords(clips, { material, conditions, hearer: measuringHearer() });

  expect(tracks.map(({ condition, words: count }) => [condition.name, count])).toEqual([
    ['clean', 100],
    ['clean', 20],
    ['10 dB', 100],
    ['10 dB', 20],
  ]);
  for (const { track, words: count } of tracks) {
    expect(track.samples / 16_000).toBeGreaterThan(1.25 * count);
    expect(track.samples / 16_000).toBeLessThan(1.5 * count);
  }
});

/** Hears nothing but how long a recording is. */
function measuringHearer(): Hearer {
  return {
    hear: (count, recordingOf) =>
      Promise.resolve(
        Array.from({ length: count }, (_, i) => ({
          samples: recordingOf(i).length,
          endSamples: new Float64Array(0),
          posteriors: new Float32Array(0),
        })),
      ),
    close: () => Promise.resolve(),
  };
}

function clip(word: string, i: number, split: Clip['split'] = 'test'): Clip {
  return { path: `speech_commands/${word}/${i}a_nohash_0.wav`, word, split };
}

function words(clips: readonly Clip[]): string[] {
  return clips.map(({ word }) => word).sort();
}

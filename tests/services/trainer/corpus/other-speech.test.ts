/** What of running speech may stand for other speech. */

import { test as propertyTest, fc } from '@fast-check/vitest';
import { expect, test } from 'vitest';

import { withoutKeywords } from '../../../../services/trainer/corpus/other-speech.ts';
import { recordingCount, recordingOf, storeOf } from '../../../../services/trainer/corpus/sample-store.ts';
import { Transcripts } from '../../../../services/trainer/corpus/transcripts.ts';

const SECOND = 16_000;
/** A second a word: four letters and the space after them. */
const TEN_WORDS = ['aaaa', 'bbbb', 'cccc', 'dddd', 'stop', 'eeee', 'ffff', 'gggg', 'hhhh', 'iiii'];
const TEN_SECONDS = new Int16Array(10 * SECOND).map((_, n) => Math.floor(n / SECOND));

test('leaves out the neighbourhood of a keyword and keeps what is before and after it', () => {
  expect(secondsLeft(['stop'], ['1-2-0.wav'])).toEqual([
    [0, 2.5],
    [6.5, 10],
  ]);
});

test('keeps the whole of speech without keywords', () => {
  expect(secondsLeft(['yes'], ['1-2-0.wav'])).toEqual([[0, 10]]);
});

test('leaves out speech that nobody has written down, if its readers may say a keyword', () => {
  expect(secondsLeft(['stop'], ['9-9-9.wav'])).toEqual([]);
  expect(secondsLeft(['alexa'], ['9-9-9.wav'])).toEqual([[0, 10]]);
});

test('knows what is said in the long recordings of a word', () => {
  expect(secondsLeft(['jarvis', 'stop'], ['data/wakeword/jarvis/1.wav'])).toEqual([]);
  expect(secondsLeft(['alexa', 'stop'], ['data/wakeword/jarvis/1.wav'])).toEqual([[0, 10]]);
});

propertyTest.prop([fc.uniqueArray(fc.constantFrom(...TEN_WORDS), { minLength: 1 })])(
  'what is left holds no second in which a keyword is said, and a whole window',
  (keywords) => {
    for (const [from, to] of secondsLeft(keywords, ['1-2-0.wav'])) {
      expect(to - from).toBeGreaterThanOrEqual(1);
      for (const keyword of keywords) {
        const at = TEN_WORDS.indexOf(keyword);
        expect(to <= at || from >= at + 1).toBe(true);
      }
    }
  },
);

/** Begin and end of each stretch that is left of recordings of ten seconds. */
function secondsLeft(keywords: readonly string[], paths: readonly string[]): [from: number, to: number][] {
  const speech = storeOf(paths.map(() => TEN_SECONDS));
  const transcripts = new Transcripts(new Map([['1-2-0', TEN_WORDS]]));
  const left = withoutKeywords(speech, { paths, transcripts, keywords, windowSamples: SECOND });
  return Array.from({ length: recordingCount(left) }, (_, i) => spanOf(recordingOf(left, i)));
}

/** Each second of a recording holds its own number, so that begin and end of a stretch tell where it was. */
function spanOf(stretch: Int16Array): [from: number, to: number] {
  const inFirstSecond = stretch.findIndex((value) => value !== stretch[0]);
  const from = stretch[0]! + 1 - (inFirstSecond === -1 ? stretch.length : inFirstSecond) / SECOND;
  return [from, from + stretch.length / SECOND];
}

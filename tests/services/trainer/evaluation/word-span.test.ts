/** Where words begin and end: what latency is counted from. */

import { expect, test } from 'vitest';

import { readWav } from '#shared/audio/wav.ts';

import { activeRms, wordSpan } from '../../../../services/trainer/evaluation/word-span.ts';
import { readRecording, type RecordingName } from '../../../helpers/recordings.ts';

const MS = 16;

// Read off the level of each 10 ms: where the last consonant is over.
const ENDS_MS: readonly [RecordingName, number][] = [
  ['yes', 690],
  ['stop', 750],
  ['happy', 600],
];

test.each(ENDS_MS)('finds the end of the word in the recording of %s', async (name, endMs) => {
  const { endSample } = wordSpan(await readInt16(name));

  expect(Math.abs(endSample / MS - endMs)).toBeLessThanOrEqual(40);
});

test('keeps a burst after the closure of a plosive, and not a click nor what comes much later', () => {
  const recording = tones([
    [200, 500, 8000],
    [600, 640, 2000],
    [900, 905, 8000],
    [1500, 1600, 4000],
  ]);

  expect(wordSpan(recording)).toEqual({ startSample: 200 * MS, endSample: 640 * MS });
});

test('takes the whole of a silent recording', () => {
  expect(wordSpan(new Int16Array(8000))).toEqual({ startSample: 0, endSample: 8000 });
});

test('measures a level that pauses do not lower', () => {
  const [short, long] = [tones([[0, 500, 8000]], 500), tones([[0, 500, 8000]], 4000)];

  expect(activeRms(long)).toBeCloseTo(activeRms(short), 6);
  expect(activeRms(short)).toBeCloseTo(8000 / Math.SQRT2, -2);
  expect(activeRms(new Int16Array(800))).toBe(0);
});

function tones(parts: readonly [startMs: number, endMs: number, amplitude: number][], lengthMs = 2000): Int16Array {
  const recording = Int16Array.from({ length: lengthMs * MS }, (_, n) => (n % 2 === 0 ? 5 : -5));
  for (const [startMs, endMs, amplitude] of parts) {
    for (let n = startMs * MS; n < endMs * MS; n++) recording[n] = amplitude * Math.sin((2 * Math.PI * 400 * n) / 16_000);
  }
  return recording;
}

async function readInt16(name: RecordingName): Promise<Int16Array> {
  return Int16Array.from(readWav(await readRecording(name)).samples, (sample) => sample * 32_768);
}

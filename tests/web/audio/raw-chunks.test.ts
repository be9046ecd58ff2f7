/** Holds what goes from the microphone to an engine of the page to the sound it is, and to its limit. */

import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';

import { RawChunks, type RawChunk } from '../../../web/audio/raw-chunks.ts';

const RATE_HZ = 1000;
const CHUNK_SAMPLES = 80;
const LIMIT_SAMPLES = 8000;

function collect(): { chunks: RawChunk[]; levels: number[]; raw: RawChunks } {
  const [chunks, levels]: [RawChunk[], number[]] = [[], []];
  const raw = new RawChunks(RATE_HZ, (chunk, rms) => {
    chunks.push(chunk);
    levels.push(rms);
  });
  return { chunks, levels, raw };
}

property.prop([fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 30 })])(
  'all sound arrives in whole chunks, each with memory of its own, however it is handed over',
  (lengths) => {
    const { chunks, raw } = collect();
    let sample = 0;

    for (const length of lengths) raw.push([Float32Array.from({ length }, () => sample++)]);

    const heard = chunks.flatMap(({ samples }) => [...samples]);
    expect(heard).toEqual(Array.from({ length: sample - (sample % CHUNK_SAMPLES) }, (_, i) => i));
    expect(new Set(chunks.map(({ samples }) => samples.buffer)).size).toBe(chunks.length);
  },
);

test('channels are mixed, and the level is told', () => {
  const { chunks, levels, raw } = collect();

  raw.push([new Float32Array(CHUNK_SAMPLES).fill(0.75), new Float32Array(CHUNK_SAMPLES).fill(0.25)]);

  expect(chunks[0]?.samples).toEqual(new Float32Array(CHUNK_SAMPLES).fill(0.5));
  expect(levels).toEqual([0.5]);
});

test('sound that an engine is too slow for is left out and counted, until there is room again', () => {
  const { chunks, raw } = collect();
  const chunk = [new Float32Array(CHUNK_SAMPLES)];

  for (let i = 0; i < LIMIT_SAMPLES / CHUNK_SAMPLES + 3; i++) raw.push(chunk);
  expect(chunks).toHaveLength(LIMIT_SAMPLES / CHUNK_SAMPLES);
  raw.taken(2 * CHUNK_SAMPLES);
  raw.push(chunk);
  raw.push(chunk);

  expect(chunks.slice(-3).map(({ missedSamples }) => missedSamples)).toEqual([0, 3 * CHUNK_SAMPLES, 0]);
});

/** Holds what the AudioWorklet sends to the sound it is handed. */

import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';

import { PcmDecoder } from '#shared/audio/pcm.ts';
import { CHUNK_SAMPLES, PcmEncoder, type AudioChunk } from '../../../web/audio/pcm-encoder.ts';

const QUANTUM_SAMPLES = 128;
/** Half a step of 16 bits, and the rounding of a float. */
const S16_TOLERANCE = 0.51 / 32_768;

describe('a microphone at 16 kHz', () => {
  property.prop([fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 40 })])(
    'arrives as the same samples in whole chunks, however it is handed over',
    (quantumLengths) => {
      const total = quantumLengths.reduce((sum, length) => sum + length, 0);
      const signal = sine({ hertz: 440, rateHz: 16_000, samples: total });

      const chunks = encode(16_000, cut(signal, quantumLengths));

      expect(chunks.length).toBe(Math.floor(total / CHUNK_SAMPLES));
      expectClose(decode(chunks), signal.subarray(0, chunks.length * CHUNK_SAMPLES), S16_TOLERANCE);
    },
  );

  test('is clipped where it is beyond full scale', () => {
    const loud = new Float32Array(CHUNK_SAMPLES).fill(1.5);

    const [chunk] = encode(16_000, [[loud]]);

    expect(decode([chunk!])[0]).toBeCloseTo(1, 4);
    expect(chunk!.rms).toBe(1);
  });
});

describe.each([44_100, 48_000])('a microphone at %d Hz', (rateHz) => {
  test('arrives at 16 kHz, at its pitch and level', () => {
    const signal = sine({ hertz: 500, rateHz, samples: rateHz });

    const chunks = encode(rateHz, quanta(signal));

    const expected = sine({ hertz: 500, rateHz: 16_000, samples: chunks.length * CHUNK_SAMPLES });
    expect(chunks.length).toBeGreaterThanOrEqual(12);
    expectClose(decode(chunks).subarray(1600), expected.subarray(1600), 0.005);
    expect(chunks[5]!.rms).toBeCloseTo(0.5 / Math.SQRT2, 2);
  });
});

test('two channels are mixed to their mean', () => {
  const left = new Float32Array(CHUNK_SAMPLES).fill(0.5);
  const right = new Float32Array(CHUNK_SAMPLES).fill(-0.25);

  const chunks = encode(16_000, [[left, right]]);

  expectClose(decode(chunks), new Float32Array(CHUNK_SAMPLES).fill(0.125), S16_TOLERANCE);
});

test('nothing is sent while no microphone is connected', () => {
  expect(
    encode(
      48_000,
      Array.from({ length: 100 }, () => []),
    ),
  ).toEqual([]);
});

test('every chunk has memory of its own, since it is transferred away', () => {
  const chunks = encode(16_000, quanta(new Float32Array(CHUNK_SAMPLES * 3)));

  expect(new Set(chunks.map(({ pcm }) => pcm)).size).toBe(3);
  expect(chunks.map(({ pcm }) => pcm.byteLength)).toEqual([2560, 2560, 2560]);
});

function encode(inputHz: number, input: readonly (readonly Float32Array[])[]): AudioChunk[] {
  const chunks: AudioChunk[] = [];
  const encoder = new PcmEncoder(inputHz, (chunk) => chunks.push(chunk));
  for (const channels of input) encoder.push(channels);
  return chunks;
}

function decode(chunks: readonly AudioChunk[]): Float32Array {
  const decoder = new PcmDecoder({ encoding: 'pcm_s16le', channels: 1 });
  return Float32Array.from(chunks.flatMap(({ pcm }) => [...decoder.decode(new Uint8Array(pcm))]));
}

function sine({ hertz, rateHz, samples }: { hertz: number; rateHz: number; samples: number }): Float32Array {
  return Float32Array.from({ length: samples }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / rateHz));
}

function quanta(signal: Float32Array): Float32Array[][] {
  return cut(
    signal,
    Array.from({ length: Math.floor(signal.length / QUANTUM_SAMPLES) }, () => QUANTUM_SAMPLES),
  );
}

function cut(signal: Float32Array, lengths: readonly number[]): Float32Array[][] {
  let from = 0;
  return lengths.map((length) => [signal.subarray(from, (from += length))]);
}

function expectClose(actual: Float32Array, expected: Float32Array, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) worst = Math.max(worst, Math.abs(actual[i]! - expected[i]!));
  expect(worst).toBeLessThanOrEqual(tolerance);
}

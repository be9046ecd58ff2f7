/** Real speech through the shipped model: a stream, however it comes, and the upload of the same file hear the same. */

import { setTimeout as wait } from 'node:timers/promises';

import { fc, test } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { encodePcm, type PcmEncoding } from '#shared/audio/pcm.ts';
import { readWav, writeWav } from '#shared/audio/wav.ts';
import { MAX_FRAME_BYTES, type DetectedEvent } from '#shared/protocol/messages.ts';

import type { StreamServer } from '../../services/stream/server.ts';
import { chunkLengths, cutBytes } from '../helpers/arbitrary-audio.ts';
import { upload } from '../helpers/detect-upload.ts';
import { readRecording } from '../helpers/recordings.ts';
import { sincResample } from '../helpers/sinc-resample.ts';
import { stream } from '../helpers/stream-client.ts';
import { DEFAULT_MODEL_DIRECTORY, startServer } from '../helpers/test-server.ts';

const STRIDE_SAMPLES = 1280;
const WORDS = ['yes', 'stop', 'left'];
const BYTES_PER_SAMPLE = { pcm_s16le: 2, pcm_f32le: 4 } as const;

const recording = await readRecording('yes-stop-left');
const { samples } = readWav(recording);
const pcm = encodePcm(samples, 'pcm_s16le');

let server: StreamServer;
let expected: readonly DetectedEvent[];

beforeAll(async () => {
  // A sample a frame is more frames than anybody may send; here it is what is looked at.
  server = await startServer({ MODEL_SOURCE: `file:${DEFAULT_MODEL_DIRECTORY}`, MAX_FRAMES_PER_SECOND: '100000' });
  expected = (await stream(server.url, {}, cutBytes(pcm, [4000], 2))).events;
});
afterAll(() => server.close());

const keywordsOf = (events: readonly DetectedEvent[]): string[] => events.map(({ keyword }) => keyword);

describe('a stream of three words', () => {
  it('brings three keywords, each where it is spoken', () => {
    expect(keywordsOf(expected)).toEqual(WORDS);
    // The words begin at 0.8, 2.6 and 4.4 s and last a second each; a window that holds one ends at most a second later.
    expected.forEach(({ startMs, endMs, score, sequence }, i) => {
      const spokenMs = 800 + 1800 * i;
      expect(endMs).toBeGreaterThan(spokenMs);
      expect(endMs).toBeLessThan(spokenMs + 2000);
      expect(startMs).toBeLessThan(endMs);
      expect(score).toBeGreaterThan(0);
      expect(sequence).toBe(i);
    });
  });

  test.prop([chunkLengths(MAX_FRAME_BYTES / 2), fc.constantFrom<PcmEncoding>('pcm_s16le', 'pcm_f32le')], { numRuns: 8 })(
    'is heard the same however it is cut, as integers or floats',
    async (lengths, encoding) => {
      const bytes = encodePcm(samples, encoding);
      const whole = lengths.map((length) => Math.min(length, MAX_FRAME_BYTES / BYTES_PER_SAMPLE[encoding]));

      const { events, end } = await stream(server.url, { encoding }, cutBytes(bytes, whole, BYTES_PER_SAMPLE[encoding]));

      expect(events).toEqual(expected);
      expect(end).toMatchObject({ samples: samples.length, keywords: expected.length });
    },
  );

  it.for([1, MAX_FRAME_BYTES / 2])('is heard the same in chunks of %i samples', async (chunkSamples) => {
    expect((await stream(server.url, {}, cutBytes(pcm, [chunkSamples], 2))).events).toEqual(expected);
  });

  it('is heard the same in real time', async () => {
    const chunkSamples = 1600;
    const startedMs = performance.now();

    const { events } = await stream(server.url, {}, cutBytes(pcm, [chunkSamples], 2), async (i) => {
      await wait(Math.max(0, startedMs + (i * chunkSamples) / 16 - performance.now())); // a microphone's pace, not a wait for something
    });

    expect(events).toEqual(expected);
  });

  it('is heard the same in stereo', async () => {
    const stereo = new Float32Array(2 * samples.length);
    samples.forEach((sample, i) => stereo.fill(sample, 2 * i, 2 * i + 2));

    const { events } = await stream(server.url, { channels: 2 }, cutBytes(encodePcm(stereo, 'pcm_s16le'), [2000], 4));

    expect(events).toEqual(expected);
  });

  it.for([
    [44_100, 'pcm_s16le'],
    [44_100, 'pcm_f32le'],
    [48_000, 'pcm_s16le'],
    [48_000, 'pcm_f32le'],
  ] as const)('brings the same keywords within one stride at %i Hz as %s', async ([sampleRate, encoding]) => {
    const bytes = encodePcm(sincResample(samples, 16_000, sampleRate), encoding);

    const { events } = await stream(server.url, { sampleRate, encoding }, cutBytes(bytes, [4410], BYTES_PER_SAMPLE[encoding]));

    expectNearly(events);
  });

  it('is heard the same when its file is uploaded', async () => {
    const answer = await upload(server.url, new Uint8Array(recording));

    expect(answer.events).toEqual(expected);
    expect(WORDS).toContain(answer.keyword);
    expect(answer.durationMs).toBe(samples.length / 16);
  });

  it('is heard the same when its file is uploaded at 44.1 kHz', async () => {
    const resampled = sincResample(samples, 16_000, 44_100);

    expectNearly((await upload(server.url, writeWav(resampled, 44_100))).events);
  });

  it('does not bring keywords that were not asked for', async () => {
    const { events } = await stream(server.url, { keywords: ['stop'] }, cutBytes(pcm, [4000], 2));

    expect(keywordsOf(events)).toEqual(['stop']);
  });
});

describe('an upload of one word', () => {
  it.for(['yes', 'stop', 'left', 'happy'] as const)('names it: %s', async (word) => {
    const answer = await upload(server.url, new Uint8Array(await readRecording(word)));

    expect(answer.keyword).toBe(word);
    expect(answer.probability).toBeGreaterThan(0.5);
    expect(answer.top[0]).toEqual({ label: word, probability: answer.probability });
  });

  it('agrees with a stream of it, even when it is shorter than a window', async () => {
    const short = readWav(await readRecording('yes')).samples.subarray(1600, 14_400);

    const answer = await upload(server.url, writeWav(short, 16_000));
    const streamed = await stream(server.url, { patience: 1 }, [encodePcm(short, 'pcm_s16le')]);

    expect(answer.keyword).toBe('yes');
    expect(keywordsOf(streamed.events)).toEqual(['yes']);
    expect(streamed.end).toEqual({ type: 'end', samples: short.length, windows: 1, keywords: 1 });
  });
});

/** Another rate is another sampling of the same sound: a threshold may be crossed a window sooner or later. */
function expectNearly(events: readonly DetectedEvent[]): void {
  expect(keywordsOf(events)).toEqual(keywordsOf(expected));
  events.forEach(({ startSample, endSample, sequence }, i) => {
    expect(sequence).toBe(i);
    expect(Math.abs(startSample - expected[i]!.startSample)).toBeLessThanOrEqual(STRIDE_SAMPLES);
    expect(Math.abs(endSample - expected[i]!.endSample)).toBeLessThanOrEqual(STRIDE_SAMPLES);
  });
}

/** Holds what an engine hears of the microphone itself to what it hears of the same sound as a whole. */

import { expect, test } from 'vitest';

import { PcmDecoder } from '#shared/audio/pcm.ts';
import { Resampler } from '#shared/audio/resampler.ts';

import { babble } from '../../helpers/arbitrary-audio.ts';
import { DirectHearing } from '../../../web/engine/direct-hearing.ts';

const RATE_HZ = 48_000;
const CHUNK_SAMPLES = 3840;

/** Keeps what it is given. */
class Ear {
  readonly samples: number[] = [];
  readonly skipped: number[] = [];

  pushSamples(samples: Float32Array): void {
    this.samples.push(...samples);
  }

  skip(samples: number): void {
    this.skipped.push(samples);
  }
}

function listen() {
  const ear = new Ear();
  const viewed: number[] = [];
  const taken: number[] = [];
  const hearing = new DirectHearing({
    sampleRateHz: RATE_HZ,
    convolver: undefined,
    session: ear,
    onTaken: (samples) => taken.push(samples),
    onView: ({ pcm }) => viewed.push(...new PcmDecoder({ encoding: 'pcm_s16le', channels: 1 }).decode(pcm)),
  });
  return { ear, viewed, taken, hearing };
}

test('session and onlooker hear the sound at 16 kHz, and the microphone is told twice a second what waits no more', () => {
  const { ear, viewed, taken, hearing } = listen();
  const sound = babble(RATE_HZ);
  const whole = [...new Resampler(RATE_HZ).push(sound)];

  for (let at = 0; at < sound.length; at += CHUNK_SAMPLES) {
    hearing.push({ samples: Float32Array.from(sound.subarray(at, at + CHUNK_SAMPLES)), missedSamples: 0 });
  }

  expect(ear.samples).toEqual(whole);
  expect(viewed).toHaveLength(whole.length);
  expect(Math.max(...whole.map((sample, i) => Math.abs(viewed[i]! - sample)))).toBeLessThan(1e-4);
  expect(taken).toEqual([7 * CHUNK_SAMPLES]);
});

test('sound that was left out moves time on, for the session and for the onlooker', () => {
  const { ear, viewed, hearing } = listen();

  hearing.push({ samples: new Float32Array(CHUNK_SAMPLES), missedSamples: 3 * CHUNK_SAMPLES });

  expect(ear.skipped).toEqual([CHUNK_SAMPLES]);
  expect(viewed).toHaveLength(CHUNK_SAMPLES + ear.samples.length);
});

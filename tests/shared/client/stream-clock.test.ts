/** The place of a session's audio in all the audio, and back. */

import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';

import { StreamClock } from '#shared/client/stream-clock.ts';

const FORMAT = { sampleRate: 16_000, encoding: 'pcm_s16le', channels: 1 } as const;
const samples = fc.integer({ min: 0, max: 50_000 });

/** A session after so much audio, in which pieces are sent and lost by turns. */
function clockOf(before: number, pieces: readonly (readonly [sent: number, lost: number])[]) {
  const clock = new StreamClock(FORMAT, 2 * before);
  for (const [sent, lost] of pieces) {
    clock.sent(2 * sent);
    clock.missed(2 * lost);
  }
  return { clock, sentSamples: pieces.reduce((sum, [sent]) => sum + sent, 0) };
}

test.prop([samples, fc.array(fc.tuple(samples, samples), { maxLength: 5 }), fc.nat()])(
  'finds a sample of an event in its session again',
  (before, pieces, place) => {
    const { clock, sentSamples } = clockOf(before, pieces);
    const endSample = 1 + (place % (sentSamples + 1));
    const event = { type: 'keyword', keyword: 'yes', score: 1, startMs: 0, endMs: 0, model: '1', sequence: 0 } as const;

    const inAll = clock.inAll({ ...event, startSample: endSample - 1, endSample });

    expect(clock.inSession(inAll.startSample)).toBe(endSample - 1);
  },
);

test.prop([samples, fc.array(fc.tuple(samples, samples), { maxLength: 5 }), fc.nat(300_000)])(
  'finds nothing from before the session, and nothing later for what was earlier',
  (before, pieces, sample) => {
    const { clock } = clockOf(before, pieces);

    const [place, next] = [clock.inSession(sample), clock.inSession(sample + 1)];

    expect(place === undefined).toBe(sample < before);
    if (place !== undefined) expect(next! - place).toBeOneOf([0, 1]);
  },
);

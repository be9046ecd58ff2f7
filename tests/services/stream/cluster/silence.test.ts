/** Who is silent for too long is found, and nobody is blamed for time in which the one who looks was away. */

import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';

import { FROZEN_MS, HEARTBEAT_MS, Silence } from '../../../../services/stream/cluster/silence.ts';

describe('silence', () => {
  test('a member that stops is found after the limit, and not before', () => {
    const silence = new Silence<string>();
    silence.heard('a', 0);

    const found = looks(silence, { fromMs: 0, toMs: 2 * FROZEN_MS });

    expect(found[0]).toEqual({ atMs: FROZEN_MS + HEARTBEAT_MS, members: ['a'] });
  });

  test('a member that has said nothing yet is not watched, and neither is one that has gone', () => {
    const silence = new Silence<string>();
    silence.heard('gone', 0);
    silence.forget('gone');

    expect(looks(silence, { fromMs: 0, toMs: 3 * FROZEN_MS })).toEqual([]);
  });

  test('nobody is blamed right after the one who looks was away, and who stays silent is found then', () => {
    const silence = new Silence<string>();
    silence.heard('a', 0);
    silence.look(0);

    const backMs = 100 * FROZEN_MS;
    const found = looks(silence, { fromMs: backMs, toMs: backMs + 2 * FROZEN_MS });

    expect(found[0]).toEqual({ atMs: backMs + FROZEN_MS + HEARTBEAT_MS, members: ['a'] });
  });

  test.prop([fc.array(fc.integer({ min: 1, max: FROZEN_MS - HEARTBEAT_MS }), { maxLength: 50 })])(
    'who speaks often enough is never found, however unevenly',
    (gaps) => {
      const silence = new Silence<string>();
      let nowMs = 0;
      silence.heard('a', nowMs);
      silence.look(nowMs);
      for (const gapMs of gaps) {
        expect(looks(silence, { fromMs: nowMs, toMs: nowMs + gapMs })).toEqual([]);
        nowMs += gapMs;
        silence.heard('a', nowMs);
      }
    },
  );
});

/** Looks once a heartbeat. @returns the looks that found somebody */
function looks(silence: Silence<string>, { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }) {
  const found: { atMs: number; members: readonly string[] }[] = [];
  for (let atMs = fromMs; atMs <= toMs; atMs += HEARTBEAT_MS) {
    const members = silence.look(atMs);
    if (members.length > 0) found.push({ atMs, members });
  }
  return found;
}

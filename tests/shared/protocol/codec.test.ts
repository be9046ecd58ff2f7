/** What clients and servers may say, and what they are told otherwise. */

import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';

import { parseClientMessage, parseServerMessage, serialise } from '#shared/protocol/codec.ts';
import type { ClientMessage } from '#shared/protocol/messages.ts';
import { ProtocolError } from '#shared/protocol/protocol-error.ts';

const score = fc.double({ min: 0, max: 1, noNaN: true });
const keyword = fc.string({ maxLength: 12 }).filter((text) => text !== '__proto__'); // JSON.parse makes it a property, zod drops it
const knobs = fc.record(
  {
    keywords: fc.array(keyword, { minLength: 1, maxLength: 5 }),
    threshold: fc.oneof(score, fc.dictionary(keyword, score, { noNullPrototype: true, maxKeys: 5 })),
    patience: fc.integer({ min: 1, max: 50 }),
    refractoryMs: fc.integer({ min: 0, max: 60_000 }),
    posteriors: fc.boolean(),
  },
  { requiredKeys: [] },
);
const start = fc
  .tuple(
    fc.record({
      type: fc.constant('start' as const),
      sampleRate: fc.integer({ min: 8000, max: 48_000 }),
      encoding: fc.constantFrom('pcm_s16le' as const, 'pcm_f32le' as const),
      channels: fc.constantFrom(1 as const, 2 as const),
    }),
    knobs,
  )
  .map(([required, optional]) => ({ ...required, ...optional }));
const clientMessage: fc.Arbitrary<ClientMessage> = fc.oneof(
  start,
  knobs.map((optional) => ({ type: 'configure' as const, ...optional })),
  fc.record(
    {
      type: fc.constant('feedback' as const),
      kind: fc.constantFrom('missed' as const, 'false' as const),
      keyword,
      startSample: fc.nat(),
      endSample: fc.nat(),
    },
    { requiredKeys: ['type', 'kind', 'keyword'] },
  ),
  fc.constant({ type: 'stop' as const }),
);

const START = { type: 'start', sampleRate: 16_000, encoding: 'pcm_s16le', channels: 1 };
// JSON has no negative zero; it comes back as zero.
const withoutNegativeZero = (message: ClientMessage): unknown => JSON.parse(JSON.stringify(message));

describe('client messages', () => {
  test.prop([clientMessage])('come back as they were written', (message) => {
    expect(parseClientMessage(serialise(message))).toEqual(withoutNegativeZero(message));
  });

  test.prop([fc.oneof(fc.string(), fc.json())])('are read or refused with a coded error, whatever the text', (text) => {
    try {
      parseClientMessage(text);
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolError);
    }
  });

  it.for([
    ['{"type":"start"', 'malformed_json'],
    ['', 'malformed_json'],
    ['42', 'unknown_type'],
    ['{}', 'unknown_type'],
    ['{"type":"begin"}', 'unknown_type'],
    ['{"type":"toString"}', 'unknown_type'],
    ['{"type":"stop","now":true}', 'invalid_stop'],
    ['{"type":"configure","patience":0}', 'invalid_configure'],
    ['{"type":"feedback","kind":"missed"}', 'invalid_feedback'],
    ['{"type":"feedback","kind":"false","keyword":"yes","startSample":-1}', 'invalid_feedback'],
  ] as const)('%s is refused as %s', ([text, code]) => {
    expect(() => parseClientMessage(text)).toThrow(expect.objectContaining({ code }));
  });

  it.for([
    { sampleRate: 7999 },
    { sampleRate: 48_001 },
    { sampleRate: 44_100.5 },
    { sampleRate: '16000' },
    { encoding: 'opus' },
    { channels: 3 },
    { threshold: 1.5 },
    { keywords: [] },
    { volume: 11 },
  ])('a start with %o is refused, and the message names the field', (change) => {
    const text = JSON.stringify({ ...START, ...change });

    expect(() => parseClientMessage(text)).toThrow(
      expect.objectContaining({ code: 'invalid_start', message: expect.stringContaining(Object.keys(change)[0]!) as string }),
    );
  });
});

describe('server messages', () => {
  test('come back as they were written', () => {
    const message = { type: 'end', samples: 16_000, windows: 1, keywords: 0 } as const;

    expect(parseServerMessage(serialise(message))).toEqual(message);
  });

  test('that do not fit are refused', () => {
    expect(() => parseServerMessage('{"type":"end"}')).toThrow(ProtocolError);
  });
});

describe('depth', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

  it.for([1, 2, 3])('of more than allowed is refused before parsing: %i', (max) => {
    expect(() => parseClientMessage(nested(max + 1), max)).toThrow(expect.objectContaining({ code: 'json_too_deep' }));
    expect(() => parseClientMessage(nested(max), max)).toThrow(expect.objectContaining({ code: 'unknown_type' }));
  });

  it('does not count brackets in strings, nor quotes that are escaped', () => {
    const text = JSON.stringify({ ...START, metadata: { note: '"[[[[\\"{{{{' } });

    expect(parseClientMessage(text, 2)).toMatchObject({ metadata: { note: '"[[[[\\"{{{{' } });
  });

  it('does not add up what is closed again', () => {
    expect(() => parseClientMessage('[[],[],[]]', 2)).toThrow(expect.objectContaining({ code: 'unknown_type' }));
  });
});

/** Any text as a message: refused with a code, or the same message again when written and read. */

import { parseClientMessage, parseServerMessage, serialise } from '#shared/protocol/codec.ts';
import { ProtocolError } from '#shared/protocol/protocol-error.ts';

import { bytesOf, refusing, type Target } from '../target.ts';

const decoder = new TextDecoder();

export const codec: Target = {
  name: 'codec',
  sources: ['shared/protocol'],
  seeds: [
    '{"type":"start","sampleRate":16000,"encoding":"pcm_s16le","channels":1}',
    '{"type":"start","sampleRate":48000,"encoding":"pcm_f32le","channels":2,"keywords":["yes"],"threshold":{"yes":0.5},"patience":2,"refractoryMs":0,"posteriors":true,"token":"x","metadata":{"a":"b"},"model":"m"}',
    '{"type":"configure","threshold":0.5,"patience":50}',
    '{"type":"stop"}',
    '{"type":"end","samples":1,"windows":1,"keywords":0}',
    '{"type":"warning","code":"clipping","message":"m","samples":1}',
    '[[[[[[[[[[',
    '{"type":"\\ud800"}',
  ].map(bytesOf),
  dictionary: [
    '"type"',
    '"start"',
    '"configure"',
    '"stop"',
    '"threshold"',
    '"keywords"',
    '"__proto__"',
    '"constructor"',
    'null',
    '1e999',
    '-0',
    '\\u0000',
    '{',
    '}',
    '[',
    ']',
    '"',
    '\\',
  ].map(bytesOf),
  run(input) {
    const text = decoder.decode(input);
    refusing(ProtocolError, () => {
      const message = parseClientMessage(text);
      assertSame(message, parseClientMessage(serialise(message)));
    });
    refusing(ProtocolError, () => {
      const message = parseServerMessage(text);
      assertSame(message, parseServerMessage(serialise(message)));
    });
    if (({} as Record<string, unknown>)['polluted'] !== undefined) throw new Error('a message changed the prototype of all objects');
  },
};

function assertSame(message: unknown, again: unknown): void {
  const [first, second] = [JSON.stringify(message), JSON.stringify(again)];
  if (first !== second) throw new Error(`${first} was read again as ${second}`);
}

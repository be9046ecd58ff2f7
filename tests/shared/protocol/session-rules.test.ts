/** What may be sent when. */

import { expect, test } from 'vitest';

import { closeCodeOf, ProtocolError } from '#shared/protocol/protocol-error.ts';
import { accepts } from '#shared/protocol/session-rules.ts';

test('takes start first, then anything but start', () => {
  expect(accepts('awaiting-start', 'start')).toBe(true);
  expect((['audio', 'configure', 'feedback', 'stop'] as const).map((frame) => accepts('streaming', frame))).toEqual([
    true,
    true,
    true,
    true,
  ]);
});

test.for([
  ['awaiting-start', 'audio', 'audio_before_start', 1003],
  ['awaiting-start', 'configure', 'start_expected', 4400],
  ['awaiting-start', 'feedback', 'start_expected', 4400],
  ['awaiting-start', 'stop', 'start_expected', 4400],
  ['streaming', 'start', 'already_started', 4400],
] as const)('in %s refuses %s with %s, which closes with %i', ([phase, frame, code, closeCode]) => {
  const attempt = () => accepts(phase, frame);

  expect(attempt).toThrow(expect.objectContaining({ code }));
  expect(closeCodeOf(new ProtocolError(code, ''))).toBe(closeCode);
});

test('drops what arrives after stop', () => {
  expect((['audio', 'configure', 'stop', 'start'] as const).map((frame) => accepts('finishing', frame))).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

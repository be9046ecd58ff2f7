/** Holds the translation of a browser's exceptions to the codes that the page knows. */

import { expect, test } from 'vitest';

import { MicrophoneError, toMicrophoneError } from '../../../web/audio/microphone-error.ts';

test.each([
  ['NotAllowedError', 'microphone_refused'],
  ['NotFoundError', 'microphone_missing'],
  ['OverconstrainedError', 'microphone_missing'],
  ['NotReadableError', 'microphone_busy'],
  ['InvalidStateError', 'microphone_failed'],
])('%s is %s', (name, code) => {
  const thrown = new DOMException('as browsers say it', name);

  expect(toMicrophoneError(thrown)).toMatchObject({ code, cause: thrown });
});

test('an error that is translated already stays itself', () => {
  const error = new MicrophoneError('microphone_lost', 'It was unplugged.');

  expect(toMicrophoneError(error)).toBe(error);
});

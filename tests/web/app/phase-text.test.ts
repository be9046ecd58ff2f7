/** Holds the page's texts to what a visitor must learn in each phase. */

import { describe, expect, test } from 'vitest';

import { phaseText } from '../../../web/app/phase-text.ts';

describe('while listening', () => {
  test('a word to try is named', () => {
    expect(phaseText({ phase: 'listening', session: 's' }, { example: 'marvin', engine: 'server', isPaused: false }).prompt).toBe(
      'Say “marvin”',
    );
  });

  test('no word is invented when the model is not known', () => {
    expect(phaseText({ phase: 'listening', session: 's' }, { example: undefined, engine: 'server', isPaused: false }).prompt).toBe(
      'Say a word',
    );
  });
});

test('while the browser holds the sound back, nobody is asked to speak', () => {
  const { sentence, prompt } = phaseText({ phase: 'listening', session: 's' }, { example: 'yes', engine: 'server', isPaused: true });

  expect([sentence, prompt]).toEqual(['Nothing is heard until it goes on. Press the microphone to stop.', 'Paused']);
});

test.each([
  ['microphone_refused', 'Microphone refused'],
  ['microphone_missing', 'No microphone'],
  ['microphone_busy', 'Microphone unavailable'],
])('%s is shown as "%s", with its sentence', (code, prompt) => {
  expect(phaseText({ phase: 'blocked', code, message: 'Do this.' }, { example: 'yes', engine: 'device', isPaused: false })).toEqual({
    action: 'Try again',
    sentence: 'Do this.',
    isProblem: true,
    prompt,
  });
});

test.each([
  ['connection_lost', 'Connection lost'],
  ['server_unreachable', 'No server'],
  ['microphone_lost', 'Microphone lost'],
  ['no_capacity', 'Session ended'],
])('a session lost by %s is shown as "%s"', (code, prompt) => {
  expect(phaseText({ phase: 'lost', code, message: 'Why.' }, { example: 'yes', engine: 'device', isPaused: false })).toMatchObject({
    prompt,
    sentence: 'Why.',
    isProblem: true,
  });
});

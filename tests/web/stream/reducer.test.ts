/** Holds the page's state to what has happened. */

import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';

import type { KeywordMessage, ModelSummary } from '#shared/protocol/messages.ts';
import { canStart, INITIAL_STATE, MAX_HEARD, reduce, type Happening, type PageState } from '../../../web/stream/reducer.ts';

const MODEL: ModelSummary = { name: 'default', version: '1', digest: 'd', labels: ['yes', '_unknown_'], keywords: ['yes'] };
const READY: Happening = { type: 'ready', session: 'session-1', protocol: 1, model: MODEL, windowSamples: 16_000, strideSamples: 1280 };

describe('a session', () => {
  test('goes from asking over connecting to listening, and back to idle', () => {
    const phases = trace([{ type: 'asked' }, { type: 'opened' }, READY, { type: 'stopping' }, { type: 'stopped' }]);

    expect(phases).toEqual(['asking', 'connecting', 'listening', 'stopping', 'idle']);
  });

  test('brings the model it runs, and the one it changes to', () => {
    const next = { ...MODEL, version: '2' };

    expect(after(READY).model).toEqual({ state: 'known', model: MODEL });
    expect(after(READY, { type: 'model', model: next, fromSample: 0, windowSamples: 1, strideSamples: 1 }).model).toEqual({
      state: 'known',
      model: next,
    });
  });

  test('leaves the models to choose from as they are, also while one of them is asked about', () => {
    const known: Happening = { type: 'models_known', names: ['commands', 'wake'] };

    expect(after(known, { type: 'model_loading' }, READY).models).toEqual(['commands', 'wake']);
  });

  test('begins with nothing heard and no warning of the one before', () => {
    const state = after(READY, keyword(0), { type: 'warning', code: 'clipping', message: 'Too loud.' }, { type: 'stopped' }, READY);

    expect(state).toMatchObject({ heard: [], heardTotal: 0, notice: undefined });
  });

  test('keeps what was heard when it ends', () => {
    expect(after(READY, keyword(0), { type: 'stopped' }).heard).toHaveLength(1);
  });
});

describe('keywords', () => {
  test('are listed newest first', () => {
    expect(after(READY, keyword(0), keyword(1)).heard.map(({ sequence }) => sequence)).toEqual([1, 0]);
  });

  test('beyond the limit push out the oldest, and are still counted', () => {
    const state = after(READY, ...Array.from({ length: MAX_HEARD + 3 }, (_, sequence) => keyword(sequence)));

    expect(state.heard).toHaveLength(MAX_HEARD);
    expect(state.heard.at(-1)?.sequence).toBe(3);
    expect(state.heardTotal).toBe(MAX_HEARD + 3);
  });
});

describe('a failure', () => {
  test('of the microphone says why nothing can be heard', () => {
    const state = after({ type: 'asked' }, { type: 'blocked', code: 'microphone_refused', message: 'Allow it.' });

    expect(state.listening).toEqual({ phase: 'blocked', code: 'microphone_refused', message: 'Allow it.' });
  });

  test('keeps its first reason, as the close that follows an error says less', () => {
    const state = after(
      READY,
      { type: 'error', code: 'no_capacity', message: 'Full.' },
      { type: 'lost', code: 'connection_lost', message: 'Lost.' },
    );

    expect(state.listening).toEqual({ phase: 'lost', code: 'no_capacity', message: 'Full.' });
  });
});

test('a server that drains announces itself while listening goes on', () => {
  const state = after(READY, { type: 'goaway', reconnectAfterMs: 100 });

  expect(state.listening.phase).toBe('listening');
  expect(state.notice).toMatch(/restart/);
});

test('posteriors change nothing here', () => {
  const state = after(READY);

  expect(reduce(state, { type: 'posteriors', endSample: 1, values: [1] })).toBe(state);
});

const anyHappening = fc.constantFrom<Happening>(
  { type: 'asked' },
  { type: 'blocked', code: 'c', message: 'm' },
  { type: 'opened' },
  READY,
  keyword(0),
  { type: 'stopping' },
  { type: 'stopped' },
  { type: 'lost', code: 'c', message: 'm' },
  { type: 'error', code: 'c', message: 'm' },
  { type: 'warning', code: 'c', message: 'm' },
  { type: 'model_unavailable', message: 'm' },
);

property.prop([fc.array(anyHappening, { maxLength: 30 })])(
  'whatever happened, stopping ends where the button starts again',
  (happenings) => {
    expect(canStart(after(...happenings, { type: 'stopped' }).listening)).toBe(true);
  },
);

property.prop([fc.array(anyHappening, { maxLength: 30 })])('no state is ever changed in place', (happenings) => {
  let state = INITIAL_STATE;
  for (const happening of happenings) {
    const copy = structuredClone(state);
    const next = reduce(state, happening);
    expect(state).toEqual(copy);
    state = next;
  }
});

function after(...happenings: readonly Happening[]): PageState {
  return happenings.reduce(reduce, INITIAL_STATE);
}

function trace(happenings: readonly Happening[]): string[] {
  return happenings.map((_, i) => after(...happenings.slice(0, i + 1)).listening.phase);
}

function keyword(sequence: number): KeywordMessage {
  const startSample = sequence * 16_000;
  return {
    type: 'keyword',
    keyword: 'yes',
    score: 0.9,
    startMs: sequence * 1000,
    endMs: sequence * 1000 + 1000,
    startSample,
    endSample: startSample + 16_000,
    model: '1',
    sequence,
  };
}

/** Holds the visitor's settings to what a model knows and a storage keeps. */

import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';

import { DEFAULT_SETTINGS, firstKnobsOf, knobsOf, loadSettings, storeSettings, type Settings } from '../../../web/app/settings.ts';

const KEYWORDS = ['yes', 'no', 'stop'];

test('keywords that are switched off are left out, and thresholds of words that the model lacks', () => {
  const settings: Settings = { ...DEFAULT_SETTINGS, muted: ['no', 'gone'], thresholds: { yes: 0.9, gone: 0.1 }, patience: 3 };

  expect(knobsOf(settings, KEYWORDS)).toEqual({ keywords: ['yes', 'stop'], threshold: { yes: 0.9 }, patience: 3 });
});

test('a session begins without naming keywords while all are on, so that a model with others can take over', () => {
  expect(firstKnobsOf(DEFAULT_SETTINGS, KEYWORDS)).toEqual({ threshold: {} });
  expect(firstKnobsOf({ ...DEFAULT_SETTINGS, muted: ['yes'] }, KEYWORDS)).toEqual({ keywords: ['no', 'stop'], threshold: {} });
});

property.prop([fc.subarray(KEYWORDS)])('some keyword is always on', (muted) => {
  expect(knobsOf({ ...DEFAULT_SETTINGS, muted }, KEYWORDS).keywords).not.toEqual([]);
});

test('what is stored comes back, but for the token', () => {
  const storage = new Map<string, string>();
  const settings: Settings = { ...DEFAULT_SETTINGS, engine: 'device', token: 'secret', muted: ['yes'], refractoryMs: 700 };

  storeSettings({ setItem: (key, value) => void storage.set(key, value) }, settings);

  expect([...storage.values()].join('')).not.toContain('secret');
  expect(loadSettings({ getItem: (key) => storage.get(key) ?? null })).toEqual({ ...settings, token: '' });
});

property.prop([fc.string()])('anything else in the storage gives the defaults', (text) => {
  fc.pre(!text.startsWith('{'));

  expect(loadSettings({ getItem: () => text })).toEqual(DEFAULT_SETTINGS);
});

/** Holds the live picture's words to what is to be seen in it. */

import { expect, test } from 'vitest';

import { encodePcm } from '#shared/audio/pcm.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import { describe } from '../../../web/live/describe.ts';
import { Timeline, VIEW_SECONDS } from '../../../web/live/timeline.ts';
import { READY } from '../../helpers/scripted-server.ts';

const THRESHOLDS = { yes: 0.8, no: 0.8 };
const newTimeline = () => new Timeline({ frameSamples: 512, coefficients: 1, extract: () => [0] });
const sound = (seconds: number, amplitude: number) => encodePcm(new Float32Array(seconds * SAMPLE_RATE_HZ).fill(amplitude), 'pcm_s16le');
const keyword = (startSample: number) =>
  ({
    type: 'keyword',
    keyword: 'yes',
    score: 0.9,
    startMs: 0,
    endMs: 1000,
    startSample,
    endSample: startSample + 16_000,
    model: '1',
    sequence: 0,
  }) as const;

test('before any sound there is nothing', () => {
  expect(describe(newTimeline(), THRESHOLDS)).toBe('Nothing yet.');
});

test('a quiet room is silence, and without an engine nothing is probable', () => {
  const timeline = newTimeline();

  timeline.push(sound(1, 0.001), true);

  expect(describe(timeline, THRESHOLDS)).toBe('The last 8 seconds: silence. No keyword.');
});

test('what was heard and what is most probable are said, keywords only', () => {
  const timeline = newTimeline();

  timeline.hear(READY);
  timeline.push(sound(2, 0.5), true);
  timeline.hear(keyword(0));
  timeline.hear({ type: 'posteriors', endSample: 32_000, values: READY.model.labels.map((label) => (label === 'yes' ? 0.25 : 0.75)) });

  expect(describe(timeline, THRESHOLDS)).toBe('The last 8 seconds: sound. Heard yes. Most probable now: yes, 25 %.');
});

test('what has scrolled out of the picture is not said any more', () => {
  const timeline = newTimeline();

  timeline.push(sound(2, 0.5), true);
  timeline.hear(keyword(0));
  timeline.push(sound(VIEW_SECONDS + 1, 0), true);

  expect(describe(timeline, THRESHOLDS)).toBe('The last 8 seconds: silence. No keyword.');
});

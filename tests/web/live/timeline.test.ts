/** Holds the live view's time axis to the stream it shows. */

import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';

import { encodePcm } from '#shared/audio/pcm.ts';
import { HOP_SAMPLES, KEPT_COLUMNS, Timeline } from '../../../web/live/timeline.ts';
import { READY } from '../../helpers/scripted-server.ts';

/** A column that shows which frame it was made from: its first and last sample. */
const EDGES = { frameSamples: 512, coefficients: 2, extract: (frame: Float32Array) => [frame[0] ?? 0, frame.at(-1) ?? 0] };

property.prop([fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 12 })])(
  'however the sound is cut, the picture is the same',
  (cuts) => {
    const pcm = ramp(cuts.reduce((sum, length) => sum + length, 0));
    const whole = new Timeline(EDGES);
    const cut = new Timeline(EDGES);

    whole.push(pcm, true);
    let offset = 0;
    for (const samples of cuts) {
      cut.push(pcm.subarray(offset, offset + 2 * samples), true);
      offset += 2 * samples;
    }

    expect([cut.samples, cut.low, cut.high, features(cut)]).toEqual([whole.samples, whole.low, whole.high, features(whole)]);
  },
);

test('a column holds the extremes of its hop, and the features of the frame that ends with it', () => {
  const timeline = new Timeline(EDGES);

  timeline.push(ramp(4 * HOP_SAMPLES), true);

  expect(timeline.columns).toBe(4);
  expect(timeline.low[1]).toBeCloseTo(HOP_SAMPLES / 32_768);
  expect(timeline.high[1]).toBeCloseTo((2 * HOP_SAMPLES - 1) / 32_768);
  const [first, last] = timeline.mfccOf(3);
  expect(first).toBeCloseTo((4 * HOP_SAMPLES - 512) / 32_768);
  expect(last).toBeCloseTo((4 * HOP_SAMPLES - 1) / 32_768);
});

test('features are made when they are asked for, once, and as far back as their sound is kept', () => {
  const asked: number[] = [];
  const timeline = new Timeline({ ...EDGES, extract: (frame) => [asked.push(frame[0] ?? 0), 0] });

  timeline.push(ramp(HOP_SAMPLES * KEPT_COLUMNS * 3), true);
  expect(asked).toEqual([]);
  const oldest = timeline.firstKeptColumn;
  for (let i = 0; i < 2; i++) timeline.mfccOf(oldest);

  expect(asked).toHaveLength(1);
  expect(asked[0]).toBeCloseTo((((oldest + 1) * HOP_SAMPLES - 512) % 32_768) / 32_768);
});

test('what is new since a count is given, oldest first, and all that is kept where more has come than that', () => {
  const timeline = new Timeline(EDGES);
  for (let endSample = 0; endSample < 300; endSample++) timeline.hear({ type: 'posteriors', endSample, values: [1] });

  expect(timeline.pointsFrom(298).map(({ at }) => at)).toEqual([298, 299]);
  expect(timeline.pointsFrom(300)).toEqual([]);
  expect(timeline.pointsFrom(0)).toHaveLength(256);
  expect(timeline.pointsTotal).toBe(300);
});

test('events lie where their sound lies, though the session began later and missed a chunk', () => {
  const timeline = new Timeline(EDGES);
  const chunk = ramp(640);

  timeline.push(chunk, false);
  timeline.beginSession();
  timeline.hear(READY);
  timeline.push(chunk, true);
  timeline.push(chunk, false);
  timeline.push(chunk, true);
  timeline.hear({ type: 'posteriors', endSample: 1280, values: [0.5, 0.5] });
  timeline.hear({ ...SPOKEN, startSample: 640, endSample: 1280 });

  expect(timeline.points).toEqual([{ at: 4 * 640, labels: READY.model.labels, values: [0.5, 0.5] }]);
  expect(timeline.marks).toEqual([{ keyword: 'yes', start: 3 * 640, end: 4 * 640 }]);
});

test('a point keeps the labels of the model that gave it; a model with the same ones goes on with them', () => {
  const timeline = new Timeline(EDGES);
  const labelled = (labels: string[]) => ({ ...READY, model: { ...READY.model, labels } });
  for (const labels of [['yes', 'no'], ['yes', 'no'], ['alexa']]) {
    timeline.hear(labelled(labels));
    timeline.hear({ type: 'posteriors', endSample: 1, values: labels.map(() => 1) });
  }

  const [first, second, third] = timeline.points;

  expect(second?.labels).toBe(first?.labels);
  expect([first, third].map((point) => point?.labels)).toEqual([['yes', 'no'], ['alexa']]);
});

test('nothing grows, however long it goes on', () => {
  const timeline = new Timeline(EDGES);
  timeline.push(ramp(HOP_SAMPLES * KEPT_COLUMNS * 2), true);
  for (let i = 0; i < 10_000; i++) {
    timeline.hear({ type: 'posteriors', endSample: i, values: [1] });
    timeline.hear(SPOKEN);
  }

  expect(timeline.points.length).toBeLessThanOrEqual(256);
  expect(timeline.marks.length).toBeLessThanOrEqual(64);
  expect(timeline.low).toHaveLength(KEPT_COLUMNS);
});

const features = (timeline: Timeline) => Array.from({ length: timeline.columns }, (_, column) => timeline.mfccOf(column));

const SPOKEN = {
  type: 'keyword',
  keyword: 'yes',
  score: 0.9,
  startMs: 0,
  endMs: 1000,
  startSample: 0,
  endSample: 16_000,
  model: '1',
  sequence: 0,
} as const;

/** Samples that count up, so that each tells where it is from. */
function ramp(samples: number): Uint8Array {
  return encodePcm(
    Float32Array.from({ length: samples }, (_, i) => (i % 32_768) / 32_768),
    'pcm_s16le',
  );
}

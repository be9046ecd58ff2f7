/** Posteriors heard once and judged under any setting. */

import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';

import { referenceEngine } from '#shared/model/reference-engine.ts';
import { Spotter } from '#shared/pipeline/spotter.ts';

import { firingsOn, scoresOf, trackOf, withoutQuiet } from '../../../../services/trainer/evaluation/posterior-track.ts';
import { tinyArtefact } from '../../../helpers/tiny-model.ts';

const setting = fc.record({
  threshold: fc.double({ min: 0.2, max: 1, noNaN: true }),
  patience: fc.integer({ min: 1, max: 4 }),
  refractoryMs: fc.integer({ min: 0, max: 1500 }),
  releaseRatio: fc.double({ min: 0.5, max: 1, noNaN: true }),
});
const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }).map(Math.fround), { maxLength: 120 });

property.prop([scores, setting])('fires alike whether or not it hears the windows in which nothing happens', (values, rule) => {
  const track = { scores: values, endSamples: values.map((_, i) => 16_000 + i * 1280) };

  expect(firingsOn(withoutQuiet(track, 0.1), rule)).toEqual(firingsOn(track, rule));
});

test('fires where the production pipeline reports the keyword', async () => {
  const artefact = await tinyArtefact({ seed: 5 });
  const { manifest } = artefact;
  const recording = Int16Array.from({ length: 80_000 }, (_, n) => 6000 * Math.sin(n / 7) * Math.sin(n / 2000));
  const [point, labelIndex] = [manifest.operatingPoints['no']!, manifest.labels.indexOf('no')];
  const events: number[] = [];
  const spotter = new Spotter({
    classifier: referenceEngine.load(artefact),
    input: { sampleRateHz: 16_000 },
    knobs: { keywords: ['no'], threshold: 0.26 },
    listener: { onKeyword: ({ endSample }) => events.push(endSample) },
  });
  spotter.pushSamples(Float32Array.from(recording, (sample) => sample / 32_768));
  spotter.finish();

  const track = trackOf(referenceEngine.load(artefact), recording);
  const { smoothingWindows, releaseRatio } = manifest.detection;
  const fired = firingsOn(scoresOf(track, { labelIndex, labels: manifest.labels.length, smoothingWindows }), {
    ...point,
    threshold: 0.26,
    releaseRatio,
  });

  expect(events.length).toBeGreaterThan(0);
  expect(fired).toEqual(events);
});

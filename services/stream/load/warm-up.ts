/** A first stream that nobody hears: compiles the code, and measures what audio costs before the first client comes. */

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import type { Classifier } from '#shared/model/classifier.ts';
import { Spotter } from '#shared/pipeline/spotter.ts';

import type { LoadMeter } from './load-meter.ts';

/** After the first window, so many strides. */
const MEASURED_STRIDES = 8;

/** Hears a window of silence, then a few strides whose cost is recorded. */
export function warmUp(classifier: Classifier, load: LoadMeter): void {
  const { windowSamples, strideSamples } = classifier.manifest;
  const spotter = new Spotter({ classifier, input: { sampleRateHz: SAMPLE_RATE_HZ }, listener: { onKeyword: () => undefined } });
  spotter.pushSamples(new Float32Array(windowSamples));
  const stride = new Float32Array(strideSamples);
  for (let i = 0; i < MEASURED_STRIDES; i++) load.time((1000 * strideSamples) / SAMPLE_RATE_HZ, () => spotter.pushSamples(stride));
  spotter.close();
}

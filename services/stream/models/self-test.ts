/** Plays clips with a known answer to a model before anybody relies on it. */

import { readdir, readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

import { readWav } from '#shared/audio/wav.ts';
import type { Classifier } from '#shared/model/classifier.ts';
import { Spotter } from '#shared/pipeline/spotter.ts';

import { ModelRefusedError } from './model-source-error.ts';

/** How far posteriors may sum up to something else than 1: float32 over hundreds of labels. */
const SUM_TOLERANCE = 1e-3;
/** What is heard before others have a turn. */
const SLICE_MS = 100;

/** A recording of one word. */
export interface TestClip {
  readonly keyword: string;
  readonly sampleRateHz: number;
  readonly samples: Float32Array;
}

/** Reads the clips of a directory: `<keyword>.wav`. */
export async function readTestClips(directory: string): Promise<readonly TestClip[]> {
  const files = (await readdir(directory)).filter((file) => extname(file) === '.wav').sort();
  return Promise.all(
    files.map(async (file) => {
      const { sampleRateHz, samples } = readWav(await readFile(join(directory, file)));
      return { keyword: basename(file, '.wav'), sampleRateHz, samples };
    }),
  );
}

/**
 * Plays every clip. What comes out must be posteriors, whatever the model; where the clip's word is a keyword of the model, it should be
 * on top in the window in which any keyword scores highest.
 *
 * @returns what the model heard instead, if it did not hear a word that it has
 * @throws {ModelRefusedError} `self_test_failed`
 */
export async function selfTest(classifier: Classifier, clips: readonly TestClip[]): Promise<string | undefined> {
  for (const clip of clips) {
    const heard = await topKeyword(classifier, clip);
    if (!classifier.manifest.keywords.includes(clip.keyword) || heard === clip.keyword) continue;
    return `hears ${JSON.stringify(heard)} where ${JSON.stringify(clip.keyword)} is said`;
  }
  return undefined;
}

/** The label on top of the window in which a keyword scores highest. */
async function topKeyword(classifier: Classifier, { samples, sampleRateHz }: TestClip): Promise<string | undefined> {
  const { labels, keywords } = classifier.manifest;
  const keywordIndexes = keywords.map((keyword) => labels.indexOf(keyword));
  let highest = -Infinity;
  let top: string | undefined;
  const onWindow = ({ posteriors }: { readonly posteriors: Float32Array }): void => {
    assertPosteriors(posteriors);
    const best = Math.max(...keywordIndexes.map((i) => posteriors[i] ?? 0));
    if (best <= highest) return;
    highest = best;
    top = labels[posteriors.indexOf(Math.max(...posteriors))];
  };
  const spotter = new Spotter({ classifier, input: { sampleRateHz }, listener: { onKeyword: () => undefined, onWindow } });
  try {
    const sliceSamples = Math.ceil((sampleRateHz * SLICE_MS) / 1000);
    for (let start = 0; start < samples.length; start += sliceSamples) {
      spotter.pushSamples(samples.subarray(start, start + sliceSamples));
      await setImmediate();
    }
    spotter.finish();
  } finally {
    spotter.close();
  }
  return top;
}

function assertPosteriors(posteriors: Float32Array): void {
  const sum = posteriors.reduce((total, value) => total + value, 0);
  if (posteriors.every((value) => value >= 0) && Math.abs(sum - 1) <= SUM_TOLERANCE) return;
  throw new ModelRefusedError('self_test_failed', `gives values that are no posteriors: they sum to ${sum}`);
}

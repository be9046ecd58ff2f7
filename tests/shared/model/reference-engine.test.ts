import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';

import { NORMALISED_LIMIT, normaliseFrames } from '#shared/model/normalisation.ts';
import { referenceEngine, scoreWindow } from '#shared/model/reference-engine.ts';

import { framesOf, strideOf, windowOf } from '../../helpers/random-frames.ts';
import { modelOf, modelRecipe } from '../../helpers/random-model.ts';
import { tinyArtefact } from '../../helpers/tiny-model.ts';

describe('the reference engine', () => {
  property.prop([modelRecipe, fc.integer({ min: 1, max: 4 })], { numRuns: 15 })(
    'scores every window of a stream as if it were alone',
    async (recipe, windows) => {
      const artefact = await modelOf(recipe);
      const { manifest } = artefact;
      const frames = framesOf(manifest, windows, recipe.seed);
      const stream = referenceEngine.load(artefact).openStream();

      for (let window = 0; window < windows; window++) {
        const alone = scoreWindow(artefact, windowOf(frames, manifest, window));
        expect(stream.advance(strideOf(frames, manifest, window))).toEqual(alone);
      }
    },
  );

  test('takes a whole window after a reset, and nothing else', async () => {
    const artefact = await tinyArtefact();
    const frames = framesOf(artefact.manifest, 2, 7);
    const stream = referenceEngine.load(artefact).openStream();
    const first = stream.advance(strideOf(frames, artefact.manifest, 0)).slice();
    stream.advance(strideOf(frames, artefact.manifest, 1));

    stream.reset();

    expect(() => stream.advance(strideOf(frames, artefact.manifest, 1))).toThrow(RangeError);
    expect(stream.advance(strideOf(frames, artefact.manifest, 0))).toEqual(first);
  });

  test('normalises by mean and deviation, counts what is not finite as the mean, and limits the rest', () => {
    const frames = Float32Array.of(3, NaN, 1e30, -Infinity);

    normaliseFrames(frames, { mean: [1, 5], deviation: [4, 2] }, frames);

    expect([...frames]).toEqual([0.5, 0, NORMALISED_LIMIT, 0]);
  });
});

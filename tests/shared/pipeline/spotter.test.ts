/** The whole way of the data, with a small network: what it hears depends on the audio alone. */

import { fc, test } from '@fast-check/vitest';
import { describe, expect, it, onTestFinished } from 'vitest';

import { encodePcm, type PcmEncoding } from '#shared/audio/pcm.ts';
import { MfccExtractor } from '#shared/features/mfcc.ts';
import { windowFrames } from '#shared/model/manifest.ts';
import { referenceEngine } from '#shared/model/reference-engine.ts';
import { Spotter, type ModelChange } from '#shared/pipeline/spotter.ts';

import { babble, chunkLengths, cutBytes } from '../../helpers/arbitrary-audio.ts';
import { hear } from '../../helpers/hear.ts';
import { tinyArtefact } from '../../helpers/tiny-model.ts';

/** Lets go at once, so that what a random network says crosses the thresholds again and again. */
const detection = { smoothingWindows: 1, releaseRatio: 1 };
const classifier = referenceEngine.load(await tinyArtefact({ detection }));
const other = referenceEngine.load(await tinyArtefact({ detection, seed: 2, version: '0.0.2' }));
const { manifest } = classifier;
const WINDOW = manifest.windowSamples;
const STRIDE = manifest.strideSamples;
const MONO_F32 = { sampleRateHz: 16_000, encoding: 'pcm_f32le', channels: 1 } as const;
/** In the middle of what the network says to the noise below. */
const EAGER = { threshold: { yes: 0.34, no: 0.22 }, patience: 1, refractoryMs: 0 };
/** The reference computes a window in one go, from the same samples: only the order of nothing differs. */
const EXACT = 12;

const bytesOf = (samples: Float32Array): Uint8Array => encodePcm(samples, 'pcm_f32le');
const hearSamples = (samples: Float32Array) => hear({ classifier, input: MONO_F32, knobs: EAGER }, [bytesOf(samples)]);

/** One window's posteriors, computed without the pipeline. */
function scoreAlone(window: Float32Array): readonly number[] {
  const frames = new Float32Array(windowFrames(manifest) * manifest.features.coefficients);
  new MfccExtractor(manifest.features).extract(window, windowFrames(manifest), frames);
  const stream = classifier.openStream();
  onTestFinished(() => stream.close());
  return [...stream.advance(frames)];
}

describe('windows', () => {
  test('are each scored as if they were alone', () => {
    const samples = babble(WINDOW + 5 * STRIDE);

    const { windows } = hearSamples(samples);

    expect(windows.map(({ endSample }) => endSample)).toEqual([0, 1, 2, 3, 4, 5].map((i) => WINDOW + i * STRIDE));
    for (const { endSample, posteriors } of windows) {
      scoreAlone(samples.slice(endSample - WINDOW, endSample)).forEach((value, i) => expect(posteriors[i]).toBeCloseTo(value, EXACT));
    }
  });

  it.for([
    [WINDOW, 1],
    [WINDOW + STRIDE - 1, 1],
    [WINDOW + STRIDE, 2],
  ] as const)('are scored once all their samples are there: of %i samples, %i', ([samples, count]) => {
    expect(hearSamples(babble(samples)).summary).toMatchObject({ samples, windows: count });
  });

  test.prop([fc.integer({ min: 1, max: WINDOW - 1 })], { numRuns: 10 })(
    'shorter than a window are scored in the middle of zeros',
    (length) => {
      const samples = babble(length);
      const padded = new Float32Array(WINDOW);
      padded.set(samples, Math.floor((WINDOW - length) / 2));

      const { windows, summary } = hearSamples(samples);

      expect(windows).toHaveLength(1);
      expect(windows[0]!.endSample).toBe(length);
      scoreAlone(padded).forEach((value, i) => expect(windows[0]!.posteriors[i]).toBeCloseTo(value, EXACT));
      expect(summary).toMatchObject({ samples: length, windows: 1 });
    },
  );

  test('of an empty stream there are none', () => {
    expect(hearSamples(new Float32Array(0))).toMatchObject({ events: [], windows: [], summary: { samples: 0, windows: 0, keywords: 0 } });
  });
});

describe('events', () => {
  test('carry where they were heard, by which model, and a number in sequence', () => {
    const { events, summary } = hearSamples(babble(5 * WINDOW));

    expect(events.length).toBeGreaterThan(1);
    expect(summary.keywords).toBe(events.length);
    events.forEach((event, i) => {
      expect(event).toMatchObject({ sequence: i, model: '0.0.1', startMs: event.startSample / 16, endMs: event.endSample / 16 });
      expect((event.endSample - WINDOW) % STRIDE).toBe(0);
    });
  });

  test('of a short stream lie within it', () => {
    const { events } = hear({ classifier, input: MONO_F32, knobs: { ...EAGER, threshold: 0 } }, [bytesOf(babble(5000))]);

    expect(events).toMatchObject([
      { keyword: 'yes', startSample: 0, endSample: 5000 },
      { keyword: 'no', startSample: 0, endSample: 5000 },
    ]);
  });

  test.prop(
    [chunkLengths(32_768), fc.constantFrom<PcmEncoding>('pcm_s16le', 'pcm_f32le'), fc.constantFrom(8000, 16_000, 22_050, 44_100, 48_000)],
    {
      numRuns: 15,
    },
  )('are the same however the audio is cut', (lengths, encoding, sampleRateHz) => {
    const bytes = encodePcm(babble(2 * sampleRateHz), encoding);
    const options = { classifier, input: { sampleRateHz, encoding, channels: 1 as const }, knobs: EAGER };

    const cut = hear(options, cutBytes(bytes, lengths, encoding === 'pcm_s16le' ? 2 : 4));

    expect(cut).toEqual(hear(options, [bytes]));
  });

  test.prop([fc.array(fc.boolean(), { minLength: 10, maxLength: 40 })], { numRuns: 5 })(
    'of two streams interleaved are those of each alone',
    (turns) => {
      const streams = [babble(2 * WINDOW, 3), babble(2 * WINDOW, 4)].map((samples) => ({
        chunks: cutBytes(bytesOf(samples), [700], 4),
        alone: hearSamples(samples).events,
        events: [] as unknown[],
      }));
      const spotters = streams.map(
        ({ events }) => new Spotter({ classifier, input: MONO_F32, knobs: EAGER, listener: { onKeyword: (event) => events.push(event) } }),
      );

      for (let i = 0; streams.some(({ chunks }) => chunks.length > 0); i++) {
        const turn = turns[i % turns.length] ? 1 : 0;
        const next = streams[turn]!.chunks.length > 0 ? turn : 1 - turn;
        spotters[next]!.push(streams[next]!.chunks.shift()!);
      }
      spotters.forEach((spotter) => spotter.finish());

      streams.forEach(({ events, alone }) => expect(events).toEqual(alone));
    },
  );
});

describe('knobs changed while listening', () => {
  const chunks = cutBytes(bytesOf(babble(4 * WINDOW)), [STRIDE], 4);

  test('take effect from the next window on', () => {
    const silenced = hear({ classifier, input: MONO_F32, knobs: EAGER }, chunks, (spotter, i) => {
      if (i === 20) spotter.configure({ threshold: 1 });
    });
    const eager = hear({ classifier, input: MONO_F32, knobs: EAGER }, chunks);

    expect(eager.events.some(({ endSample }) => endSample > 20 * STRIDE)).toBe(true);
    expect(silenced.events).toEqual(eager.events.filter(({ endSample }) => endSample <= 20 * STRIDE));
  });

  test('keep those not named', () => {
    const only = hear({ classifier, input: MONO_F32, knobs: { ...EAGER, keywords: ['no'] } }, chunks, (spotter, i) => {
      if (i === 0) spotter.configure({ patience: 2 });
    });
    const fromTheStart = hear({ classifier, input: MONO_F32, knobs: { ...EAGER, keywords: ['no'], patience: 2 } }, chunks);

    expect(only).toEqual(fromTheStart);
  });

  test('that name an unknown keyword change nothing', () => {
    const refused = hear({ classifier, input: MONO_F32, knobs: EAGER }, chunks, (spotter) => {
      expect(() => spotter.configure({ keywords: ['maybe'], threshold: 1 })).toThrow(expect.objectContaining({ code: 'unknown_keyword' }));
    });

    expect(refused).toEqual(hear({ classifier, input: MONO_F32, knobs: EAGER }, chunks));
  });
});

describe('a model that takes over', () => {
  const samples = babble(4 * WINDOW);
  const chunks = cutBytes(bytesOf(samples), [STRIDE], 4);

  test.prop([fc.integer({ min: 0, max: chunks.length - 1 })], { numRuns: 8 })(
    'scores every window from the next on, as if it had been there all along',
    (swapAt) => {
      const swapped = hear({ classifier, input: MONO_F32 }, chunks, (spotter, i) => {
        if (i === swapAt) spotter.replaceClassifier(other);
      });
      const before = hear({ classifier, input: MONO_F32 }, chunks).windows;
      const after = hear({ classifier: other, input: MONO_F32 }, chunks).windows;

      expect(swapped.windows).toEqual(before.map((window, i) => (window.endSample <= swapAt * STRIDE ? window : after[i])));
    },
  );

  it.for([
    ['at once', 14],
    ['in its first second', 3],
  ] as const)('and hears other features takes over with a window of its own, until which the other goes on: %s', async ([, swapAt]) => {
    const coarse = referenceEngine.load(
      await tinyArtefact({ version: '0.0.3', features: { ...manifest.features, logarithm: 'db' }, strideSamples: 2 * STRIDE }),
    );

    const { windows, summary } = hear({ classifier, input: MONO_F32 }, chunks, (spotter, i) => {
      if (i === swapAt) spotter.replaceClassifier(coarse);
    });

    const takesOver = swapAt * STRIDE + WINDOW;
    const alone = hear({ classifier: coarse, input: MONO_F32 }, chunks.slice(swapAt)).windows;
    const before = hear({ classifier, input: MONO_F32 }, chunks).windows.filter(({ endSample }) => endSample < takesOver);
    expect(windows).toEqual([
      ...before,
      ...alone.map(({ endSample, posteriors }) => ({ endSample: endSample + swapAt * STRIDE, posteriors })),
    ]);
    expect(summary.windows).toBe(windows.length);
  });

  it('and hears other features takes over at once after a gap, as both begin anew', async () => {
    const coarse = referenceEngine.load(await tinyArtefact({ version: '0.0.3', features: { ...manifest.features, logarithm: 'db' } }));

    const { windows } = hear({ classifier, input: MONO_F32 }, chunks, (spotter, i) => {
      if (i !== 14) return;
      spotter.replaceClassifier(coarse);
      spotter.skip(STRIDE);
    });

    const alone = hear({ classifier: coarse, input: MONO_F32 }, chunks.slice(14)).windows;
    expect(windows.slice(2)).toEqual(alone.map(({ endSample, posteriors }) => ({ endSample: endSample + 15 * STRIDE, posteriors })));
  });

  test.prop([fc.integer({ min: 0, max: chunks.length - 1 })], { numRuns: 8 })(
    'and is equal but for its version is not to be noticed in the events, however long scores are smoothed',
    async (swapAt) => {
      const smooth = { detection: { smoothingWindows: 4, releaseRatio: 0.9 } };
      const [first, second] = await Promise.all(
        ['1', '2'].map(async (version) => referenceEngine.load(await tinyArtefact({ ...smooth, version }))),
      );
      const knobs = { ...EAGER, patience: 2 };

      const swapped = hear({ classifier: first!, input: MONO_F32, knobs }, chunks, (spotter, i) => {
        if (i === swapAt) spotter.replaceClassifier(second!);
      });

      const { events } = hear({ classifier: first!, input: MONO_F32, knobs }, chunks);
      const versionAt = (endSample: number): string => (endSample <= swapAt * STRIDE ? '1' : '2');
      expect(swapped.events).toEqual(events.map((event) => ({ ...event, model: versionAt(event.endSample) })));
    },
  );

  it('keeps what was heard of the labels that both have, in whatever order', async () => {
    const reordered = referenceEngine.load(
      await tinyArtefact({
        detection: { smoothingWindows: 4, releaseRatio: 1 },
        labels: ['no', 'maybe', 'yes', '_unknown_'],
        keywords: ['no', 'yes'],
      }),
    );
    const constant = { manifest: reordered.manifest, extractor: reordered.extractor, close: () => undefined };
    const says = (posteriors: readonly number[]) => ({
      ...constant,
      openStream: () => ({ advance: () => Float32Array.from(posteriors), reset: () => undefined, close: () => undefined }),
    });
    const before = { ...says([1, 0, 0, 0]), manifest: { ...manifest, detection: { smoothingWindows: 4, releaseRatio: 1 } } };
    const knobs = { threshold: 0.7, patience: 1, refractoryMs: 0, keywords: ['yes'] };

    const { events } = hear({ classifier: before, input: MONO_F32, knobs }, chunks, (spotter, i) => {
      if (i === 16) spotter.replaceClassifier(says([0, 0, 0, 1]));
    });

    expect(events.map(({ endSample }) => endSample)).toEqual([WINDOW]); // held until its mean, 3/4 and then 2/4, is below the release
  });

  it('says from where it hears and which keywords it lacks; they count again when a model has them', async () => {
    const without = referenceEngine.load(
      await tinyArtefact({ detection, version: '0.0.3', labels: ['yes', 'maybe', '_unknown_', '_silence_'], keywords: ['yes'] }),
    );
    const changes: ModelChange[] = [];
    const heard: string[] = [];
    const spotter = new Spotter({
      classifier,
      input: MONO_F32,
      knobs: { keywords: ['no'], threshold: { no: 0 }, patience: 1, refractoryMs: 0 },
      listener: { onKeyword: ({ keyword, model }) => heard.push(`${keyword} ${model}`), onModelChange: (change) => changes.push(change) },
    });
    spotter.push(bytesOf(samples.subarray(0, WINDOW)));

    spotter.replaceClassifier(without);
    spotter.configure({ patience: 2 });
    spotter.push(bytesOf(samples.subarray(0, WINDOW)));
    spotter.replaceClassifier(other);
    spotter.skip(1);
    spotter.push(bytesOf(samples.subarray(0, WINDOW)));
    spotter.close();

    expect(changes).toEqual([
      { fromSample: WINDOW, missingKeywords: ['no'] },
      { fromSample: 2 * WINDOW, missingKeywords: [] },
    ]);
    expect(heard).toEqual(['no 0.0.1']); // held since: a threshold of 0 is never fallen below
  });

  test('does not hear a held keyword a second time', () => {
    const knobs = { threshold: 0.01, patience: 1, refractoryMs: 0, keywords: ['yes'] };

    const { events } = hear({ classifier, input: MONO_F32, knobs }, chunks, (spotter, i) => {
      if (i === 20) spotter.replaceClassifier(other);
    });

    expect(events).toHaveLength(1);
  });
});

describe('after a gap', () => {
  test.prop([fc.constantFrom(8000, 16_000, 44_100), fc.integer({ min: 0, max: 60_000 }), fc.integer({ min: 1, max: 100_000 })], {
    numRuns: 10,
  })('a stream hears what it would afresh, with a clock that counts the gap', (sampleRateHz, beforeFrames, lostFrames) => {
    const input = { sampleRateHz, encoding: 'pcm_f32le', channels: 1 } as const;
    const before = bytesOf(babble(beforeFrames, 5));
    const after = bytesOf(babble(2 * sampleRateHz, 6));
    const offset = Math.round(((beforeFrames + lostFrames) * 16_000) / sampleRateHz);

    const gapped = hear({ classifier, input, knobs: EAGER }, [before, after], (spotter, i) => {
      if (i === 1) spotter.skip(lostFrames);
    });
    const fresh = hear({ classifier, input, knobs: EAGER }, [after]);

    const windows = gapped.windows.slice(gapped.windows.length - fresh.windows.length);
    expect(windows).toEqual(fresh.windows.map(({ endSample, posteriors }) => ({ endSample: endSample + offset, posteriors })));
    expect(gapped.windows.length - fresh.windows.length).toBe(windowsIn(Math.round((beforeFrames * 16_000) / sampleRateHz)));
    expect(gapped.summary.samples).toBe(offset + fresh.summary.samples);
  });

  it('no run of windows goes on, and no window spans it', () => {
    const chunks = [bytesOf(babble(WINDOW)), bytesOf(babble(WINDOW))];
    const knobs = { ...EAGER, threshold: 0, patience: 2 };

    const { events, windows } = hear({ classifier, input: MONO_F32, knobs }, chunks, (spotter, i) => {
      if (i === 1) spotter.skip(100);
    });

    expect(windows.map(({ endSample }) => endSample)).toEqual([WINDOW, 2 * WINDOW + 100]);
    expect(new Set(events.map(({ startSample }) => startSample))).toEqual(new Set([WINDOW + 100])); // of the run that the end of the audio ends
  });
});

function windowsIn(samples: number): number {
  return samples < WINDOW ? 0 : 1 + Math.floor((samples - WINDOW) / STRIDE);
}

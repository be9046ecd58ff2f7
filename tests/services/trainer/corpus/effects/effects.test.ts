/** Rooms, voices and noises: each does what its name says, and nothing where it is off. */

import { fc, test as propertyTest } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';

import { melCentresHz } from '#shared/features/matrices.ts';
import { createKernelExtractor } from '#shared/kernel/kernel-extractor.ts';

import type { AugmentationConfig, TrainerConfig } from '../../../../../services/trainer/config.ts';
import { composeConfig } from '../../../../../services/trainer/configuration/compose.ts';
import { BatchMaker, logMelFeatures, type Batch } from '../../../../../services/trainer/corpus/batch-maker.ts';
import { ColouredNoise } from '../../../../../services/trainer/corpus/effects/coloured-noise.ts';
import { rmsOf, Rooms } from '../../../../../services/trainer/corpus/effects/room.ts';
import { equalise, limitBand, suppressNoise, warpBands } from '../../../../../services/trainer/corpus/effects/spectrum.ts';
import { shiftPitch, stretch } from '../../../../../services/trainer/corpus/effects/time-stretch.ts';
import type { SampleStore } from '../../../../../services/trainer/corpus/sample-store.ts';
import { compileKernel } from '../../../../../services/trainer/kernel.ts';
import { randomFor } from '../../../../../services/trainer/random.ts';

describe('a room', () => {
  propertyTest.prop([fc.integer(), fc.integer({ min: 1, max: 600 })], { numRuns: 10 })(
    'is what direct convolution gives, at the level of the word',
    (seed, delay) => {
      const window = noise(1000, seed);
      const taps = [16_000, ...Array.from({ length: 300 }, (_, n) => Math.round(8000 * Math.exp(-n / 80) * Math.sin(n)))];
      const rooms = new Rooms(storeOf([Int16Array.from([...new Array<number>(delay).fill(30), ...taps])]), window.length);
      const expected = window.map((_, n) => taps.reduce((sum, tap, k) => sum + tap * (window[n - k] ?? 0), 0));
      const scale = rmsOf(window) / rmsOf(expected);
      const dry = window.slice();

      rooms.apply(window, [1, 1], randomFor(1));

      expect(rmsOf(window.map((value, n) => value - scale * expected[n]!))).toBeLessThan(1e-5 * rmsOf(dry));
    },
  );

  test('whose share is nothing leaves the word as it is', () => {
    const window = noise(1000, 3);
    const before = window.slice();

    new Rooms(storeOf([Int16Array.of(9000, 4000, -3000)]), window.length).apply(window, [0, 0], randomFor(1));

    expect(rmsOf(window.map((value, n) => value - before[n]!))).toBeLessThan(1e-7);
  });
});

describe('tempo and pitch', () => {
  const tone = Int16Array.from({ length: 16_000 }, (_, n) => 10_000 * Math.sin((2 * Math.PI * 200 * n) / 16_000));

  propertyTest.prop([fc.double({ min: 0.8, max: 1.25, noNaN: true })], { numRuns: 10 })(
    'a stretched tone lasts longer and sounds as high',
    (factor) => {
      const longer = stretch(tone, factor);

      expect(longer.length).toBe(Math.round(16_000 * factor));
      expect(crossingsPerSecond(longer)).toBeCloseTo(200, -1);
      expect(levelOf(longer)).toBeGreaterThan(0.9 * levelOf(tone));
    },
  );

  propertyTest.prop([fc.double({ min: -3, max: 3, noNaN: true })], { numRuns: 10 })(
    'a shifted tone sounds higher and lasts as long',
    (semitones) => {
      const higher = shiftPitch(tone, semitones);

      expect(higher.length).toBe(16_000);
      expect(crossingsPerSecond(higher) / (200 * 2 ** (semitones / 12))).toBeCloseTo(1, 1);
    },
  );

  test('a recording that is not stretched stays as it is', () => {
    const difference = stretch(tone, 1).map((value, n) => Math.abs(value - tone[n]!));

    expect(Math.max(...difference)).toBeLessThanOrEqual(1); // of rounding
  });
});

describe('coloured noise', () => {
  propertyTest.prop([fc.double({ min: 0, max: 2, noNaN: true }), fc.integer()], { numRuns: 5 })(
    'loses 3 dB times its exponent from octave to octave, at an RMS of 1',
    (exponent, seed) => {
      const sound = new ColouredNoise(16_000).make(exponent, randomFor(seed));

      const [low, high] = [bandPower(sound, 500), bandPower(sound, 4000)];
      expect(rmsOf(sound)).toBeCloseTo(1, 3);
      expect((10 * Math.log10(low / high)) / 3).toBeGreaterThan(3 * exponent - 3);
      expect((10 * Math.log10(low / high)) / 3).toBeLessThan(3 * exponent + 3);
    },
  );
});

describe('a batch', () => {
  const OFF = { tempo: 0, pitch: 0, room: 0, otherSpeech: 0, colouredNoise: 0, vocalTract: 0, equaliser: 0, bandLimit: 0 };

  test('is the same to the bit with all effects at probability 0 and without them', async () => {
    expect(await batch(effects(OFF))).toEqual(await batch({}));
  });

  test.each(Object.keys(OFF))('is another one with %s, and the same every time', async (effect) => {
    const changed = effects({ ...OFF, [effect]: 1 });

    const [first, second] = [await batch(changed), await batch(changed)];

    expect(first).toEqual(second);
    expect(first.labels).toEqual((await batch({})).labels);
    expect(first.features).not.toEqual((await batch({})).features);
  });
});

describe('another speaker', () => {
  propertyTest.prop([fc.integer({ min: 8, max: 32 }), fc.double({ min: 0.85, max: 1.15, noNaN: true })])(
    'moves a formant by the factor',
    (place, factor) => {
      const formant = Float32Array.from({ length: 40 }, (_, band) => 5 - Math.abs(band - place));

      warpBands(formant, 40, factor);

      expect(Math.abs(formant.indexOf(Math.max(...formant)) - place / factor)).toBeLessThanOrEqual(1);
    },
  );

  test('whose vocal tract is as long changes nothing', () => {
    const bands = noise(3 * 40, 5);
    const before = bands.slice();

    warpBands(bands, 40, 1);

    expect(bands).toEqual(before);
  });
});

describe('another microphone', () => {
  const LOGARITHMS = { log1p: Math.log1p, log: Math.log, db: (power: number) => 10 * Math.log10(power) };

  propertyTest.prop([fc.integer(), fc.constantFrom('log1p', 'log', 'db'), fc.constantFrom('power', 'magnitude')])(
    'raises every frame by the same gains, none above the two peaks, whatever the unit',
    (seed, logarithm, spectrum) => {
      const energies = [3, 5000, 2e8];
      const logMel = Float32Array.from({ length: 3 * 40 }, (_, i) => LOGARITHMS[logarithm](energies[Math.floor(i / 40)]!));

      equalise(logMel, { features: { melBands: 40, logarithm, spectrum }, peakDb: 6 }, randomFor(seed));

      const perDecade = spectrum === 'power' ? 10 : 20;
      const gainsDb = Array.from(logMel, (value, i) => perDecade * Math.log10(inverse(value, logarithm) / energies[Math.floor(i / 40)]!));
      for (const [i, gainDb] of gainsDb.entries()) {
        expect(Math.abs(gainDb)).toBeLessThanOrEqual(12.01);
        expect(gainDb).toBeCloseTo(gainsDb[i % 40]!, 2);
      }
    },
  );

  function inverse(value: number, logarithm: keyof typeof LOGARITHMS): number {
    if (logarithm === 'log1p') return Math.expm1(value);
    return logarithm === 'log' ? Math.exp(value) : 10 ** (value / 10);
  }
});

function effects(probability: Record<string, number>): Partial<AugmentationConfig> {
  return {
    tempo: { probability: probability.tempo!, factor: [0.9, 0.95] },
    pitch: { probability: probability.pitch!, semitones: [1, 2] },
    room: { probability: probability.room!, wet: [0.5, 0.7] },
    otherSpeech: { probability: probability.otherSpeech!, snrDb: [0, 5] },
    colouredNoise: { probability: probability.colouredNoise!, exponent: [0, 2], snrDb: [0, 5] },
    vocalTract: { probability: probability.vocalTract!, factor: [0.9, 0.95] },
    equaliser: { probability: probability.equaliser!, peakDb: 6 },
    bandLimit: { probability: probability.bandLimit!, lowHz: [200, 350], highHz: [3200, 4000], dropDb: [-60, -40] },
  };
}

async function batch(augmentation: Partial<AugmentationConfig>): Promise<Batch> {
  const { config: defaults } = await composeConfig({
    overrides: ['data.keywords=[yes]', 'train.batchSize=6', 'model=small', 'features=mfcc40'],
  });
  const config: TrainerConfig = { ...defaults, augmentation: { ...defaults.augmentation, ...augmentation } };
  const recordings = (seed: number): SampleStore => storeOf(Array.from({ length: 6 }, (_, i) => int16(noise(16_000, seed + i))));
  const source = {
    config,
    words: recordings(1),
    clipLabels: new Array<string>(6).fill('yes'),
    speech: recordings(20),
    noise: recordings(40),
    rooms: storeOf([int16(noise(800, 60))]),
    normalisation: { mean: new Array<number>(40).fill(0), deviation: new Array<number>(40).fill(1) },
  };
  return new BatchMaker(source, await createKernelExtractor(await compileKernel(), logMelFeatures(config.features))).batch(0, 0);
}

function noise(samples: number, seed: number): Float32Array {
  const random = randomFor(seed);
  return Float32Array.from({ length: samples }, () => random.between(-0.3, 0.3));
}

function int16(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (sample) => 32_768 * sample);
}

function storeOf(recordings: readonly Int16Array[]): SampleStore {
  const starts = new Float64Array(recordings.length + 1);
  recordings.forEach(({ length }, i) => (starts[i + 1] = starts[i]! + length));
  const samples = new Int16Array(new SharedArrayBuffer(2 * starts[recordings.length]!));
  recordings.forEach((recording, i) => samples.set(recording, starts[i]));
  return { samples, starts };
}

function crossingsPerSecond(sound: Int16Array): number {
  const inner = sound.subarray(1000, sound.length - 1000);
  let crossings = 0;
  for (let n = 1; n < inner.length; n++) if (inner[n - 1]! < 0 && inner[n]! >= 0) crossings++;
  return (crossings * 16_000) / inner.length;
}

function levelOf(sound: Int16Array): number {
  return rmsOf(Float32Array.from(sound.subarray(1000, sound.length - 1000)));
}

/** Mean power around a frequency: of 32 neighbouring bins of a Fourier transform. */
function bandPower(sound: Float32Array, hz: number): number {
  let power = 0;
  for (let bin = hz; bin < hz + 32; bin++) {
    let [re, im] = [0, 0];
    for (let n = 0; n < sound.length; n++) {
      re += sound[n]! * Math.cos((2 * Math.PI * bin * n) / 16_000);
      im += sound[n]! * Math.sin((2 * Math.PI * bin * n) / 16_000);
    }
    power += re * re + im * im;
  }
  return power;
}

describe('a call', () => {
  const features = { ...kwsFeatures(), logarithm: 'log1p', spectrum: 'power' } as const;

  test('lowers what is outside of its band, and leaves the rest', () => {
    const window = new Float32Array(2 * 40).fill(Math.log1p(1e6));

    limitBand(window, { features, lowHz: 300, highHz: 3400, dropDb: -40 });

    const centres = melCentresHz(features);
    for (const [i, value] of window.entries()) {
      const hz = centres[i % 40]!;
      expect(Math.expm1(value)).toBeCloseTo(hz >= 300 && hz <= 3400 ? 1e6 : 1e2, -1);
    }
    expect(centres.filter((hz) => hz > 3400).length).toBeGreaterThan(5);
    expect(centres.filter((hz) => hz < 300).length).toBeGreaterThan(1);
  });

  test('as wide as everything changes nothing', () => {
    const window = noise(3 * 40, 7).map(Math.abs);
    const before = window.slice();

    limitBand(window, { features, lowHz: 0, highHz: 8000, dropDb: -60 });

    for (const [i, value] of window.entries()) expect(value).toBeCloseTo(before[i]!, 5);
  });

  function kwsFeatures() {
    return { melBands: 40, filterbank: { scale: 'htk', area: 'none', edges: 'exact', lowHz: 20, highHz: 7600 } } as const;
  }
});

describe('noise suppression', () => {
  const features = { melBands: 4, logarithm: 'log1p' } as const;
  /** Twenty frames of background, and a word in the middle of them. */
  const energyAt = (frame: number): number => (frame >= 8 && frame < 12 ? 10_000 : 100);
  const window = (): Float32Array => Float32Array.from({ length: 80 }, (_, i) => Math.log1p(energyAt(Math.floor(i / 4))));

  test('takes the background away down to its floor, and leaves the word', () => {
    const heard = window();

    suppressNoise(heard, { features, strength: 2, floorDb: -20 });

    const energies = [...heard].map(Math.expm1);
    expect(energies[0]).toBeCloseTo(1, 4); // 20 dB below what it was
    expect(energies[9 * 4]).toBeCloseTo(9800, -1);
  });

  test('of digital silence there is nothing to take', () => {
    const silent = new Float32Array(80);

    suppressNoise(silent, { features, strength: 4, floorDb: -40 });

    expect([...silent].every((value) => value === 0)).toBe(true);
  });
});

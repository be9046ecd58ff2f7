import { fc, test } from '@fast-check/vitest';
import { beforeAll, describe, expect } from 'vitest';

import { AudioError } from '#shared/audio/audio-error.ts';
import { plainConvolver, type Convolver } from '#shared/audio/convolver.ts';
import { Resampler } from '#shared/audio/resampler.ts';
import { KernelConvolver } from '#shared/kernel/kernel-convolver.ts';
import { instantiateKernel } from '#shared/kernel/kernel-exports.ts';
import { KernelMemory } from '#shared/kernel/kernel-memory.ts';
import type { KernelVariant } from '#shared/kernel/kernel-variant.ts';

import { babble } from '../../helpers/arbitrary-audio.ts';
import { KERNEL_VARIANTS, readKernel } from '../../helpers/kernel.ts';

const OUT_HZ = 16_000;
const RATES_HZ = [8000, 11_025, 12_345, 22_050, 32_000, 44_100, 47_999, 48_000];
const HIGH_RATES_HZ = RATES_HZ.filter((hz) => hz > OUT_HZ);
/** What is promised of the stop band and of images: −60 dB of a full-scale tone. */
const STOP_BAND_GAIN = 10 ** (-60 / 20);
/** 0.1 dB are promised; the same filter that stops by 60 dB is flat to a tenth of that, and any delay would show as well. */
const TONE_TOLERANCE = 0.002;
/** Float32 sums of up to 240 products of samples in [-1, 1], against float64 ones. */
const KERNEL_TOLERANCE = 2e-6;
/** The filter's reach: here a tone that begins or ends is not a tone. */
const EDGE_SAMPLES = 200;

interface Tone {
  readonly hz: number;
  readonly phase?: number;
  readonly sampleRateHz: number;
  readonly samples: number;
}

function tone({ hz, phase = 0.7, sampleRateHz, samples }: Tone): Float32Array {
  return Float32Array.from({ length: samples }, (_, n) => Math.sin((2 * Math.PI * hz * n) / sampleRateHz + phase));
}

let convolver: Convolver;

function resample(samples: Float32Array, fromHz: number, cuts: readonly number[] = []): Float32Array {
  const resampler = new Resampler(fromHz, convolver);
  const ends = [...cuts.map((cut) => cut % (samples.length + 1)).sort((a, b) => a - b), samples.length];
  const parts = ends.map((end, i) => resampler.push(samples.subarray(ends[i - 1] ?? 0, end)).slice());
  return Float32Array.from([...parts, resampler.flush()].flatMap((part) => [...part]));
}

function steady(samples: Float32Array): Float32Array {
  return samples.subarray(EDGE_SAMPLES, samples.length - EDGE_SAMPLES);
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}

function rootMeanSquare(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
}

describe.each(['plain', ...KERNEL_VARIANTS] as const)('the resampler, %s', (arithmetic) => {
  beforeAll(async () => {
    convolver = arithmetic === 'plain' ? plainConvolver : await kernelConvolver(arithmetic);
  });

  describe('a tone in the pass band', () => {
    const cases = RATES_HZ.flatMap((fromHz) => [0.02, 0.31, 0.62, 0.9].map((fraction) => [fromHz, fraction] as const));

    test.each(cases)('comes out of %i Hz as it is, in time and in size, at %f of the lower Nyquist frequency', (fromHz, fraction) => {
      const hz = (fraction * Math.min(fromHz, OUT_HZ)) / 2;
      const resampled = resample(tone({ hz, sampleRateHz: fromHz, samples: fromHz / 5 }), fromHz);
      const expected = tone({ hz, sampleRateHz: OUT_HZ, samples: resampled.length });

      expect(largestDifference(steady(resampled), steady(expected))).toBeLessThan(TONE_TOLERANCE);
    });

    test.prop([fc.integer({ min: 8000, max: 48_000 }), fc.double({ min: 0.02, max: 0.9, noNaN: true })], { numRuns: 25 })(
      'comes out of any rate as it is',
      (fromHz, fraction) => {
        const hz = (fraction * Math.min(fromHz, OUT_HZ)) / 2;
        const resampled = resample(tone({ hz, sampleRateHz: fromHz, samples: Math.round(fromHz / 8) }), fromHz);
        const expected = tone({ hz, sampleRateHz: OUT_HZ, samples: resampled.length });

        expect(largestDifference(steady(resampled), steady(expected))).toBeLessThan(TONE_TOLERANCE);
      },
    );

    test.each([12_345, 44_100, 47_999])('is still in step after ten seconds at %i Hz', (fromHz) => {
      const hz = 1000;
      const resampled = resample(tone({ hz, sampleRateHz: fromHz, samples: 10 * fromHz }), fromHz);
      const expected = tone({ hz, sampleRateHz: OUT_HZ, samples: resampled.length });

      expect(largestDifference(steady(resampled).subarray(-1000), steady(expected).subarray(-1000))).toBeLessThan(TONE_TOLERANCE);
    });
  });

  describe('the stop band', () => {
    const cases = HIGH_RATES_HZ.flatMap((fromHz) => [8000, 8080, 8160, 8400, 9000, 10_000].map((hz) => [hz, fromHz] as const));

    test.each(cases)('takes at least 60 dB off a tone of %i Hz at %i Hz', (hz, fromHz) => {
      const input = tone({ hz, sampleRateHz: fromHz, samples: fromHz / 5 });

      const gain = rootMeanSquare(steady(resample(input, fromHz))) / rootMeanSquare(input);

      expect(gain).toBeLessThan(STOP_BAND_GAIN);
    });

    test.prop([fc.integer({ min: 17_000, max: 48_000 }), fc.double({ min: 0, max: 0.99, noNaN: true })], { numRuns: 25 })(
      'takes at least 60 dB off whatever lies beyond 8 kHz, at any rate',
      (fromHz, fraction) => {
        const hz = 8000 + fraction * (fromHz / 2 - 8000);
        const input = tone({ hz, sampleRateHz: fromHz, samples: Math.round(fromHz / 8) });

        expect(rootMeanSquare(steady(resample(input, fromHz))) / Math.SQRT1_2).toBeLessThan(STOP_BAND_GAIN);
      },
    );

    test.each([8000, 11_025, 12_345, 15_999])('leaves no image above −60 dB of a tone that comes in at %i Hz', (fromHz) => {
      const hz = 0.3 * fromHz;
      const resampled = steady(resample(tone({ hz, phase: 0, sampleRateHz: fromHz, samples: fromHz }), fromHz));
      const reference = steady(tone({ hz, phase: 0, sampleRateHz: OUT_HZ, samples: resampled.length + 2 * EDGE_SAMPLES }));
      const scale =
        resampled.reduce((sum, value, i) => sum + value * reference[i]!, 0) / reference.reduce((sum, value) => sum + value ** 2, 0);

      const rest = resampled.map((value, i) => value - scale * reference[i]!);

      expect(rootMeanSquare(rest) / rootMeanSquare(reference)).toBeLessThan(STOP_BAND_GAIN);
    });
  });

  describe('a stream', () => {
    const anyRate = fc.oneof(fc.constantFrom(...RATES_HZ, OUT_HZ), fc.integer({ min: 8000, max: 48_000 }));
    const audio = fc.float32Array({ min: -1, max: 1, noNaN: true, maxLength: 3000 });

    test.prop([anyRate, audio, fc.array(fc.nat(), { maxLength: 12 })], { numRuns: 60 })(
      'gives the same bits however it is cut',
      (fromHz, samples, cuts) => {
        expect(resample(samples, fromHz, cuts)).toEqual(resample(samples, fromHz));
      },
    );

    test.each(RATES_HZ)('gives the same bits sample by sample as in one piece longer than any buffer, at %i Hz', (fromHz) => {
      const samples = tone({ hz: 700, sampleRateHz: fromHz, samples: 9001 });
      const everySample = Array.from(samples, (_, i) => i);

      expect(resample(samples, fromHz, everySample)).toEqual(resample(samples, fromHz));
    });

    test.prop([fc.integer({ min: 8000, max: 48_000 }), fc.integer({ min: 0, max: 5000 })], { numRuns: 60 })(
      'is as long as the time it was given',
      (fromHz, length) => {
        expect(resample(new Float32Array(length), fromHz).length).toBe(Math.round((length * OUT_HZ) / fromHz));
      },
    );

    test.each(RATES_HZ)('keeps a constant constant at %i Hz', (fromHz) => {
      const resampled = resample(new Float32Array(fromHz / 4).fill(0.5), fromHz);

      expect(largestDifference(steady(resampled), steady(new Float32Array(resampled.length).fill(0.5)))).toBeLessThan(1e-6);
    });

    test('begins anew after a flush', () => {
      const samples = tone({ hz: 440, sampleRateHz: 44_100, samples: 3000 });
      const resampler = new Resampler(44_100, convolver);
      const once = [...resampler.push(samples).slice(), ...resampler.flush()];

      const again = [...resampler.push(samples).slice(), ...resampler.flush()];

      expect(again).toEqual(once);
    });

    test('of 16 kHz passes through untouched and at once', () => {
      const samples = tone({ hz: 7900, sampleRateHz: OUT_HZ, samples: 100 });
      const resampler = new Resampler(OUT_HZ, convolver);

      expect(resampler.push(samples)).toBe(samples);
      expect(resampler.flush().length).toBe(0);
    });

    test('holds back no more than 5 ms', () => {
      for (const fromHz of RATES_HZ) {
        const resampler = new Resampler(fromHz, convolver);

        expect(resampler.push(new Float32Array(fromHz)).length, `${fromHz} Hz`).toBeGreaterThanOrEqual(OUT_HZ * 0.995 - 1);
      }
    });
  });
});

test.prop([fc.integer({ min: 8000, max: 48_000 }), fc.integer({ min: 1, max: 4000 })], { numRuns: 60 })(
  'every build of the kernel resamples as the plain one does',
  async (fromHz, length) => {
    const samples = babble(length, fromHz);
    convolver = plainConvolver;
    const expected = resample(samples, fromHz);

    for (const variant of KERNEL_VARIANTS) {
      convolver = await kernelConvolver(variant);
      expect(largestDifference(resample(samples, fromHz), expected)).toBeLessThan(KERNEL_TOLERANCE);
    }
  },
);

test('the kernel keeps a bounded number of filters, and still resamples at a rate whose filter it gave up', async () => {
  const memory = new KernelMemory(await instantiateKernel(await readKernel()));
  convolver = new KernelConvolver(memory);
  const samples = babble(2000, 1);
  const rates = Array.from({ length: 20 }, (_, i) => 44_100 + i);
  const first = rates.map((hz) => resample(samples, hz));
  const { totalBytes } = memory;

  const again = rates.map((hz) => resample(samples, hz));

  expect(again).toEqual(first);
  expect(memory.totalBytes).toBe(totalBytes);
});

test.each([0, 7999, 48_001, 44_100.5, NaN, Infinity, -16_000])('refuses a rate of %d Hz', (fromHz) => {
  expect(() => new Resampler(fromHz)).toThrow(AudioError);
  expect(() => new Resampler(fromHz)).toThrow(expect.objectContaining({ code: 'unsupported_sample_rate' }));
});

const kernelConvolvers = new Map<KernelVariant, Convolver>();

async function kernelConvolver(variant: KernelVariant): Promise<Convolver> {
  const built = kernelConvolvers.get(variant) ?? new KernelConvolver(new KernelMemory(await instantiateKernel(await readKernel(variant))));
  kernelConvolvers.set(variant, built);
  return built;
}

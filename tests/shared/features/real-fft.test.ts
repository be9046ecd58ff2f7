import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';

import { RealFft } from '#shared/features/real-fft.ts';

/** Below its smallest normal number float32 loses digits. */
const FLOAT32_UNDERFLOW = 2 ** -126;

function naivePowerSpectrum(frame: Float32Array): number[] {
  return Array.from({ length: frame.length / 2 + 1 }, (_, bin) => {
    let [re, im] = [0, 0];
    frame.forEach((sample, n) => {
      const angle = (2 * Math.PI * ((bin * n) % frame.length)) / frame.length;
      re += sample * Math.cos(angle);
      im -= sample * Math.sin(angle);
    });
    return re * re + im * im;
  });
}

function powerSpectrum(frame: Float32Array): Float32Array {
  const power = new Float32Array(frame.length / 2 + 1);
  new RealFft(frame.length).powerSpectrum(frame, power);
  return power;
}

const frame = fc
  .constantFrom(4, 8, 32, 128, 512)
  .chain((size) => fc.float32Array({ min: -1, max: 1, noNaN: true, minLength: size, maxLength: size }));

test.prop([frame], { numRuns: 40 })('gives the power spectrum of the definition', (samples) => {
  const power = powerSpectrum(samples);
  const energy = samples.reduce((sum, sample) => sum + sample * sample, 0);

  naivePowerSpectrum(samples).forEach((expected, bin) => {
    // float32 holds the result to 6e-8 of itself, or less where it underflows; cancellation leaves 1e-15 of what was added up
    const tolerance = 1e-7 * expected + 1e-12 * energy * samples.length + FLOAT32_UNDERFLOW;
    expect(Math.abs(power[bin]! - expected)).toBeLessThanOrEqual(tolerance);
  });
});

test('gives the same for a frame after any other', () => {
  const fft = new RealFft(512);
  const impulse = Float32Array.from({ length: 512 }, (_, n) => Number(n === 3));
  const power = new Float32Array(257);
  fft.powerSpectrum(new Float32Array(512).fill(1), power);

  fft.powerSpectrum(impulse, power);

  expect(power.every((value) => Math.abs(value - 1) < 1e-6)).toBe(true);
});

test.each([0, 2, 3, 100, 513, -4])('refuses a size of %d, which is no power of two of at least 4', (size) => {
  expect(() => new RealFft(size)).toThrow(RangeError);
});

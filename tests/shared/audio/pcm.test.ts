import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';

import { AudioError } from '#shared/audio/audio-error.ts';
import { encodePcm, PcmDecoder, type PcmFormat } from '#shared/audio/pcm.ts';

const formats: readonly PcmFormat[] = [
  { encoding: 'pcm_s16le', channels: 1 },
  { encoding: 'pcm_s16le', channels: 2 },
  { encoding: 'pcm_f32le', channels: 1 },
  { encoding: 'pcm_f32le', channels: 2 },
];
const format = fc.constantFrom(...formats);

function frameBytes({ encoding, channels }: PcmFormat): number {
  return (encoding === 'pcm_s16le' ? 2 : 4) * channels;
}

function decodeInChunks(bytes: Uint8Array, format: PcmFormat, cutFrames: readonly number[]): number[] {
  const decoder = new PcmDecoder(format);
  const frames = bytes.length / frameBytes(format);
  const cuts = [0, ...cutFrames.map((cut) => cut % (frames + 1)).sort((a, b) => a - b), frames];
  return cuts.slice(1).flatMap((end, i) => [...decoder.decode(bytes.subarray(cuts[i]! * frameBytes(format), end * frameBytes(format)))]);
}

describe('decoding', () => {
  test.prop([fc.array(fc.integer({ min: -32_768, max: 32_767 }))])('finds 16-bit samples again', (values) => {
    const samples = Float32Array.from(values, (value) => value / 32_768);

    const decoded = new PcmDecoder({ encoding: 'pcm_s16le', channels: 1 }).decode(encodePcm(samples, 'pcm_s16le'));

    expect(decoded).toEqual(samples);
  });

  test.prop([fc.float32Array({ min: -1, max: 1, noNaN: true })])('finds float samples again', (samples) => {
    const decoded = new PcmDecoder({ encoding: 'pcm_f32le', channels: 1 }).decode(encodePcm(samples, 'pcm_f32le'));

    expect(decoded).toEqual(samples);
  });

  test.prop([fc.float32Array({ min: -1, max: 1, noNaN: true })])('errs by at most one step of 16 bits', (samples) => {
    const decoded = new PcmDecoder({ encoding: 'pcm_s16le', channels: 1 }).decode(encodePcm(samples, 'pcm_s16le'));

    samples.forEach((sample, i) => {
      expect(Math.abs(decoded[i]! - sample)).toBeLessThanOrEqual(2 ** -15);
    });
  });

  test.prop([fc.uint8Array({ maxLength: 256 }), format])('gives samples in range for any bytes, or a coded error', (bytes, format) => {
    if (bytes.length % frameBytes(format) !== 0) {
      expect(() => new PcmDecoder(format).decode(bytes)).toThrow(expect.objectContaining({ code: 'odd_byte_count' }));
      return;
    }
    const samples = new PcmDecoder(format).decode(bytes);

    expect(samples.length).toBe(bytes.length / frameBytes(format));
    expect(samples.every((sample) => sample >= -1 && sample <= 1)).toBe(true);
  });

  test.prop([fc.uint8Array({ minLength: 8, maxLength: 512 }), format, fc.array(fc.nat(), { maxLength: 8 })])(
    'gives the same samples however the bytes are cut',
    (bytes, format, cuts) => {
      const whole = bytes.subarray(0, bytes.length - (bytes.length % frameBytes(format)));

      expect(decodeInChunks(whole, format, cuts)).toEqual(decodeInChunks(whole, format, []));
    },
  );

  test.prop([fc.uint8Array({ maxLength: 64 }), format, fc.integer({ min: 0, max: 7 })])(
    'reads bytes from anywhere in their buffer',
    (bytes, format, offset) => {
      const whole = bytes.slice(0, bytes.length - (bytes.length % frameBytes(format)));
      const buffer = Buffer.alloc(offset + whole.length + 3); // as ws hands it over; a slice of a Buffer copies nothing
      buffer.set(whole, offset);

      const moved = new PcmDecoder(format).decode(buffer.subarray(offset, offset + whole.length)).slice();

      expect(moved).toEqual(new PcmDecoder(format).decode(whole).slice());
    },
  );

  test('mixes two channels down to their mean', () => {
    const bytes = encodePcm(Float32Array.of(0.5, 0.25, -1, 0.5), 'pcm_s16le');

    expect([...new PcmDecoder({ encoding: 'pcm_s16le', channels: 2 }).decode(bytes)]).toEqual([0.375, -0.25]);
  });

  test('clips each channel before it mixes them', () => {
    const bytes = new Uint8Array(Float32Array.of(3, -1, NaN, 0.5, Infinity, -Infinity).buffer);

    expect([...new PcmDecoder({ encoding: 'pcm_f32le', channels: 2 }).decode(bytes)]).toEqual([0, 0.25, 0]);
  });

  test('gives both ends of the 16-bit range', () => {
    const bytes = Uint8Array.of(0x00, 0x80, 0xff, 0x7f);

    expect([...new PcmDecoder({ encoding: 'pcm_s16le', channels: 1 }).decode(bytes)]).toEqual([-1, 32_767 / 32_768]);
  });

  test('says how long a frame is when bytes are left over', () => {
    const decoder = new PcmDecoder({ encoding: 'pcm_s16le', channels: 2 });

    expect(() => decoder.decode(new Uint8Array(6))).toThrow(AudioError);
    expect(() => decoder.decode(new Uint8Array(6))).toThrow(/6 bytes .* 4-byte/);
  });
});

test('encodes what is beyond full scale as full scale, and what is not finite as silence', () => {
  const bytes = encodePcm(Float32Array.of(2, -2, NaN, Infinity), 'pcm_s16le');

  expect([...bytes]).toEqual([0xff, 0x7f, 0x00, 0x80, 0, 0, 0, 0]);
});

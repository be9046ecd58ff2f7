import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';

import { AudioError, type AudioErrorCode } from '#shared/audio/audio-error.ts';
import { WavDecoder, type WavHeader } from '#shared/audio/wav-decoder.ts';
import type { WavEncoding } from '#shared/audio/wav-format.ts';

import { chunkLengths, cutBytes } from '../../helpers/arbitrary-audio.ts';
import { ascii, buildWav, chunk, concat } from './wav-builder.ts';

interface Decoded {
  readonly samples: readonly number[];
  readonly ending: WavHeader | AudioErrorCode;
}

function decode(pieces: readonly Uint8Array[]): Decoded {
  const decoder = new WavDecoder();
  const samples: number[] = [];
  try {
    for (const piece of pieces) samples.push(...decoder.push(piece));
    return { samples, ending: decoder.finish() };
  } catch (error) {
    if (error instanceof AudioError) return { samples, ending: error.code };
    throw error;
  }
}

const encodings: readonly WavEncoding[] = ['pcm_u8', 'pcm_s16le', 'pcm_s24le', 'pcm_s32le', 'pcm_f32le', 'pcm_f64le'];
const recipe = fc
  .record({
    encoding: fc.constantFrom(...encodings),
    channels: fc.integer({ min: 1, max: 8 }),
    frames: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 60 }),
    isExtensible: fc.boolean(),
    extra: fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 3 }),
  })
  .map(({ frames, channels, extra, ...rest }) => ({
    ...rest,
    channels,
    samples: frames.flatMap((peak) => Array.from({ length: channels }, (_, channel) => peak / (channel + 1))),
    extraChunks: extra.map((bytes) => chunk('LIST', bytes)),
  }));

describe('a file in pieces', () => {
  test.prop([recipe, fc.uint8Array({ maxLength: 9 }), chunkLengths(500)])(
    'has the same samples and header however it is cut',
    (file, trailing, lengths) => {
      const bytes = concat([buildWav(file), trailing]);

      expect(decode(cutBytes(bytes, lengths, 1))).toEqual(decode([bytes]));
    },
  );

  test.prop([recipe, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }), chunkLengths(80)], {
    numRuns: 1000,
  })('has the same fault however it is cut', (file, changes, lengths) => {
    const bytes = buildWav(file);
    for (const [place, value] of changes) bytes[place % Math.min(bytes.length, 100)] = value;

    expect(decode(cutBytes(bytes, lengths, 1)).ending).toEqual(decode([bytes]).ending);
  });

  test.prop([recipe, fc.nat(), chunkLengths(80)])('is told to be cut short, at its end', (file, place, lengths) => {
    const bytes = buildWav(file);
    const cut = bytes.subarray(0, 12 + (place % (bytes.length - 12)));

    expect(decode(cutBytes(cut, lengths, 1)).ending).toBe('truncated_wav');
  });

  test('says how long it will be before its first sample', () => {
    const bytes = buildWav({ channels: 2, samples: [0.1, 0.2, 0.3, 0.4], sampleRateHz: 44_100 });
    const decoder = new WavDecoder();

    decoder.push(bytes.subarray(0, 43));
    expect(decoder.header).toBeUndefined();
    decoder.push(bytes.subarray(43, 44));

    expect(decoder.header).toMatchObject({ frames: 2, sampleRateHz: 44_100, frameBytes: 4 });
  });
});

describe('a file of another kind', () => {
  test.each<[string, Uint8Array, string]>([
    ['FLAC', ascii('fLaC\0\0\0\x22\0\0\0\0'), 'FLAC'],
    ['Ogg', ascii('OggS\0\x02\0\0\0\0\0\0'), 'Ogg'],
    ['MP3 with a tag', ascii('ID3\x04\0\0\0\0\0\0\0\0'), 'MP3'],
    ['MP3 without', Uint8Array.of(0xff, 0xfb, 0x90, 0x64, 0, 0, 0, 0, 0, 0, 0, 0), 'MP3'],
    ['WebM', Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3, 0, 0, 0, 0, 0, 0, 0, 0), 'WebM'],
    ['M4A', ascii('\0\0\0\x20ftypM4A '), 'M4A'],
    ['a short AIFF', ascii('FORM'), 'AIFF'],
  ])('%s is named, and its sender told to convert it', (_, bytes, name) => {
    const decoder = new WavDecoder();
    const read = (): void => {
      decoder.push(bytes);
      decoder.finish();
    };

    expect(read).toThrow(expect.objectContaining({ code: 'not_wav' as AudioErrorCode }));
    expect(read).toThrow(new RegExp(`${name}.*convert it, e\\.g\\. ffmpeg`));
  });
});

import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';

import { AudioError, type AudioErrorCode } from '#shared/audio/audio-error.ts';
import type { WavEncoding } from '#shared/audio/wav-format.ts';
import { readWav, writeWav } from '#shared/audio/wav.ts';

import { ascii, buildWav, chunk, concat } from './wav-builder.ts';

// Half a step of rounding, and a whole one at +1, which integers cannot hold; float32 is what `readWav` gives.
const LARGEST_ERROR: Readonly<Record<WavEncoding, number>> = {
  pcm_u8: 2 ** -7,
  pcm_s16le: 2 ** -15,
  pcm_s24le: 2 ** -23,
  pcm_s32le: 2 ** -24,
  pcm_f32le: 2 ** -24,
  pcm_f64le: 2 ** -24,
};
const ENCODINGS = Object.keys(LARGEST_ERROR) as WavEncoding[];

const sample = fc.double({ min: -1, max: 1, noNaN: true });
const content = fc.uint8Array({ maxLength: 9 });

function codeOf(bytes: Uint8Array): AudioErrorCode | undefined {
  try {
    readWav(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof AudioError) return error.code;
    throw error;
  }
}

describe('reading', () => {
  for (const encoding of ENCODINGS) {
    test.prop([fc.array(sample, { minLength: 1, maxLength: 40 }), fc.integer({ min: 8000, max: 48_000 }), fc.boolean()])(
      `finds the samples of a mono ${encoding} file again`,
      (samples, sampleRateHz, isExtensible) => {
        const audio = readWav(buildWav({ encoding, samples, sampleRateHz, isExtensible }));

        expect(audio).toMatchObject({ encoding, sampleRateHz, channels: 1 });
        expect(audio.samples.length).toBe(samples.length);
        samples.forEach((expected, i) => {
          expect(Math.abs(audio.samples[i]! - expected)).toBeLessThanOrEqual(LARGEST_ERROR[encoding]);
        });
      },
    );
  }

  test.prop([fc.constantFrom(...ENCODINGS), fc.integer({ min: 2, max: 8 }), fc.array(sample, { minLength: 1, maxLength: 5 })])(
    'mixes all channels down to their mean',
    (encoding, channels, frames) => {
      const samples = frames.flatMap((peak) => Array.from({ length: channels }, (_, channel) => peak / (channel + 1)));

      const audio = readWav(buildWav({ encoding, channels, samples }));

      expect(audio.channels).toBe(channels);
      frames.forEach((peak, i) => {
        const mean = samples.slice(i * channels, (i + 1) * channels).reduce((sum, value) => sum + value, 0) / channels;
        expect(Math.abs(audio.samples[i]! - mean), `${peak}`).toBeLessThanOrEqual(LARGEST_ERROR[encoding]);
      });
    },
  );

  test.prop([fc.array(content, { maxLength: 4 }), content])(
    'skips chunks it does not know, padded when their length is odd, and what follows the RIFF form',
    (contents, trailing) => {
      const extraChunks = contents.map((bytes) => chunk('LIST', bytes));

      const audio = readWav(concat([buildWav({ samples: [0.25, -0.5], extraChunks }), trailing]));

      expect([...audio.samples]).toEqual([0.25, -0.5]);
    },
  );

  test('reads a file whose odd data chunk is not padded', () => {
    const padded = buildWav({ encoding: 'pcm_u8', samples: [0.5] });
    const unpadded = padded.slice(0, -1);
    unpadded[4]! -= 1;

    expect([...readWav(unpadded).samples]).toEqual([0.5]);
  });

  test('reads a file that lies at an odd offset of its buffer', () => {
    const bytes = buildWav({ samples: [0.25, -0.5] });
    const buffer = concat([Uint8Array.of(1), bytes, Uint8Array.of(2, 3)]);

    expect([...readWav(buffer.subarray(1, 1 + bytes.length)).samples]).toEqual([0.25, -0.5]);
  });

  test('clips floats beyond full scale and silences what is not finite', () => {
    const { samples } = readWav(buildWav({ encoding: 'pcm_f32le', samples: [1.5, -7, NaN, Infinity, -Infinity, 0.5] }));

    expect([...samples]).toEqual([1, -1, 0, 0, 0, 0.5]);
  });
});

describe('refusing', () => {
  const whole = buildWav({ samples: [0.1, 0.2, 0.3, 0.4] });
  const formatless = concat([ascii('RIFF'), Uint8Array.of(14, 0, 0, 0), ascii('WAVE'), chunk('data', Uint8Array.of(1, 2))]);
  const shortFormat = concat([ascii('RIFF'), Uint8Array.of(16, 0, 0, 0), ascii('WAVE'), chunk('fmt ', Uint8Array.of(1, 0, 1, 0))]);
  const jpeg = concat([Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 0x10), ascii('JFIF'), new Uint8Array(500)]);
  const oddGuid = buildWav({ isExtensible: true });
  oddGuid[50] = 0x77;

  const refusals: readonly (readonly [string, Uint8Array, AudioErrorCode])[] = [
    ['nothing at all', new Uint8Array(0), 'not_wav'],
    ['a JPEG', jpeg, 'not_wav'],
    ['an AVI, which is RIFF too', concat([ascii('RIFF'), Uint8Array.of(4, 0, 0, 0), ascii('AVI ')]), 'not_wav'],
    ['a big-endian file', concat([ascii('RIFX'), whole.subarray(4)]), 'unsupported_wav_encoding'],
    ['a 64-bit file', concat([ascii('RF64'), whole.subarray(4)]), 'unsupported_wav_encoding'],
    ['a data chunk that claims 4 GB', buildWav({ dataSizeBytes: 0xffff_fffe }), 'truncated_wav'],
    ['a data chunk of unknown length, as ffmpeg writes into a pipe', buildWav({ dataSizeBytes: 0xffff_ffff }), 'truncated_wav'],
    ['a RIFF header that claims 4 GB', buildWav({ riffSizeBytes: 0xffff_ffff }), 'truncated_wav'],
    ['a RIFF header that claims nothing', buildWav({ riffSizeBytes: 0 }), 'invalid_wav_header'],
    ['a RIFF header that ends inside the data', buildWav({ samples: [0, 0, 0], riffSizeBytes: 38 }), 'truncated_wav'],
    ['a file cut in its last sample', whole.subarray(0, whole.length - 1), 'truncated_wav'],
    ['data that end within a frame', buildWav({ channels: 2, samples: [0.1, 0.2, 0.3] }), 'truncated_wav'],
    ['a file of zero samples', buildWav({ samples: [] }), 'empty_wav'],
    ['a file without data', concat([ascii('RIFF'), Uint8Array.of(4, 0, 0, 0), ascii('WAVE')]), 'empty_wav'],
    ['data without a format', formatless, 'invalid_wav_header'],
    ['a format chunk of 4 bytes', shortFormat, 'invalid_wav_header'],
    ['two format chunks', buildWav({ extraChunks: [whole.slice(12, 36)] }), 'invalid_wav_header'],
    ['an extensible tag without its fields', buildWav({ formatTag: 0xfffe }), 'invalid_wav_header'],
    ['an extensible header of an unknown family', oddGuid, 'unsupported_wav_encoding'],
    ['a block align that lies', buildWav({ blockAlign: 4 }), 'invalid_wav_header'],
    ['a block align of zero', buildWav({ blockAlign: 0 }), 'invalid_wav_header'],
    ['no channel', buildWav({ channels: 0 }), 'invalid_wav_header'],
    ['nine channels', buildWav({ channels: 9, samples: Array<number>(9).fill(0) }), 'unsupported_channels'],
    ['a rate of zero', buildWav({ sampleRateHz: 0 }), 'unsupported_sample_rate'],
    ['a rate just too low', buildWav({ sampleRateHz: 7999 }), 'unsupported_sample_rate'],
    ['a rate just too high', buildWav({ sampleRateHz: 48_001 }), 'unsupported_sample_rate'],
    ['A-law', buildWav({ formatTag: 6, bitsPerSample: 8 }), 'unsupported_wav_encoding'],
    ['MP3 in a WAV', buildWav({ formatTag: 0x55, bitsPerSample: 0 }), 'unsupported_wav_encoding'],
    ['12-bit samples', buildWav({ bitsPerSample: 12 }), 'unsupported_wav_encoding'],
    ['16-bit floats', buildWav({ formatTag: 3, bitsPerSample: 16 }), 'unsupported_wav_encoding'],
  ];

  test.each(refusals)('refuses %s', (_, bytes, code) => {
    expect(codeOf(bytes)).toBe(code);
  });

  test('tells who wrote into a pipe how to mend the file', () => {
    expect(() => readWav(buildWav({ dataSizeBytes: 0xffff_ffff }))).toThrow(/without a known length.*ffmpeg/);
  });

  test.prop([fc.integer({ min: 0, max: whole.length - 1 })])('refuses a file cut anywhere', (length) => {
    expect(codeOf(whole.subarray(0, length))).toMatch(/^(not_wav|truncated_wav)$/);
  });

  test.prop([fc.uint8Array({ maxLength: 200 })])('refuses any bytes with a coded error', (bytes) => {
    expect(codeOf(bytes)).toBe('not_wav');
  });

  test.prop([fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }), fc.boolean()], { numRuns: 1000 })(
    'reads a file with any bytes changed, or refuses it with a coded error',
    (changes, isExtensible) => {
      const bytes = buildWav({ samples: [0.1, 0.2, 0.3], isExtensible, extraChunks: [chunk('LIST', Uint8Array.of(1, 2, 3))] });
      for (const [place, value] of changes) bytes[place % bytes.length] = value;

      expect(() => codeOf(bytes)).not.toThrow();
    },
  );
});

describe('writing', () => {
  test.prop([fc.array(fc.integer({ min: -32_768, max: 32_767 }), { minLength: 1 }), fc.integer({ min: 8000, max: 48_000 })])(
    'writes 16-bit samples that read back exactly',
    (values, sampleRateHz) => {
      const samples = Float32Array.from(values, (value) => value / 32_768);

      expect(readWav(writeWav(samples, sampleRateHz))).toEqual({ sampleRateHz, channels: 1, encoding: 'pcm_s16le', samples });
    },
  );

  test('writes the same bytes as the book', () => {
    const samples = [0.5, -0.25, 1, -1];

    expect(writeWav(Float32Array.from(samples), 22_050)).toEqual(buildWav({ samples, sampleRateHz: 22_050 }));
  });

  test('refuses a rate that the reader would refuse', () => {
    expect(() => writeWav(new Float32Array(1), 96_000)).toThrow(AudioError);
  });
});

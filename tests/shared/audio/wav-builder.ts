/** Writes WAV files of every kind, and lying ones, byte by byte: what the reader is tested with is not made by our own writer. */

import type { WavEncoding } from '#shared/audio/wav-format.ts';

/** What goes into a file; every field of the header can be overridden with a lie. */
export interface WavRecipe {
  readonly encoding?: WavEncoding;
  readonly channels?: number;
  readonly sampleRateHz?: number;
  /** Interleaved, in [-1, 1]. */
  readonly samples?: readonly number[];
  readonly isExtensible?: boolean;
  /** Chunks of other programs, before the format and between format and data. */
  readonly extraChunks?: readonly Uint8Array[];
  readonly formatTag?: number;
  readonly bitsPerSample?: number;
  readonly blockAlign?: number;
  readonly dataSizeBytes?: number;
  readonly riffSizeBytes?: number;
}

const BITS = { pcm_u8: 8, pcm_s16le: 16, pcm_s24le: 24, pcm_s32le: 32, pcm_f32le: 32, pcm_f64le: 64 } as const;
const SUBFORMAT_TAIL = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

export function buildWav(recipe: WavRecipe): Uint8Array {
  const { encoding = 'pcm_s16le', samples = [0.5], extraChunks = [] } = recipe;
  const data = chunk('data', encodeSamples(samples, encoding), recipe.dataSizeBytes);
  const body = concat([...extraChunks, chunk('fmt ', formatChunk(recipe)), ...extraChunks, data]);
  return concat([ascii('RIFF'), uint32(recipe.riffSizeBytes ?? body.length + 4), ascii('WAVE'), body]);
}

/** A chunk with its padding byte; `claimedBytes` is what its header says. */
export function chunk(name: string, content: Uint8Array, claimedBytes = content.length): Uint8Array {
  return concat([ascii(name), uint32(claimedBytes), content, new Uint8Array(content.length % 2)]);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function formatChunk(recipe: WavRecipe): Uint8Array {
  const { encoding = 'pcm_s16le', channels = 1, sampleRateHz = 16_000, isExtensible = false } = recipe;
  const bitsPerSample = recipe.bitsPerSample ?? BITS[encoding];
  const blockAlign = recipe.blockAlign ?? (channels * bitsPerSample) / 8;
  const tag = recipe.formatTag ?? (encoding.startsWith('pcm_f') ? 3 : 1);
  const rates = [uint32(sampleRateHz), uint32((sampleRateHz * blockAlign) >>> 0), uint16(blockAlign), uint16(bitsPerSample)];
  const plain = concat([uint16(isExtensible ? 0xfffe : tag), uint16(channels), ...rates]);
  if (!isExtensible) return plain;
  return concat([plain, uint16(22), uint16(bitsPerSample), uint32(0), uint16(tag), Uint8Array.from(SUBFORMAT_TAIL)]);
}

function encodeSamples(samples: readonly number[], encoding: WavEncoding): Uint8Array {
  return concat(samples.map((sample) => encodeSample(sample, encoding)));
}

function encodeSample(sample: number, encoding: WavEncoding): Uint8Array {
  const quantised = (scale: number): number => Math.min(scale - 1, Math.round(sample * scale));
  switch (encoding) {
    case 'pcm_u8':
      return Uint8Array.of(quantised(2 ** 7) + 2 ** 7);
    case 'pcm_s16le':
      return uint16(quantised(2 ** 15));
    case 'pcm_s24le':
      return uint32(quantised(2 ** 23)).subarray(0, 3);
    case 'pcm_s32le':
      return uint32(quantised(2 ** 31));
    case 'pcm_f32le':
      return new Uint8Array(Float32Array.of(sample).buffer);
    case 'pcm_f64le':
      return new Uint8Array(Float64Array.of(sample).buffer);
  }
}

function uint16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, (value >> 8) & 0xff);
}

function uint32(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >>> 24) & 0xff);
}

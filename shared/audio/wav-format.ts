/** The `fmt ` chunk of a WAV file: how its samples are written. */

import { AudioError } from './audio-error.ts';
import { assertSampleRate } from './sample-rate.ts';

/** 7.1 surround; all are mixed down to one. */
export const MAX_WAV_CHANNELS = 8;

export type WavEncoding = 'pcm_u8' | 'pcm_s16le' | 'pcm_s24le' | 'pcm_s32le' | 'pcm_f32le' | 'pcm_f64le';

/** What a checked `fmt ` chunk says. */
export interface WavFormat {
  readonly encoding: WavEncoding;
  readonly channels: number;
  readonly sampleRateHz: number;
  /** One sample of every channel. */
  readonly frameBytes: number;
}

const TAG_PCM = 0x0001;
const TAG_FLOAT = 0x0003;
const TAG_EXTENSIBLE = 0xfffe;
const MIN_FORMAT_BYTES = 16;
const EXTENSIBLE_FORMAT_BYTES = 40;
/** No more of a `fmt ` chunk is looked at. */
export const FORMAT_BYTES_READ = EXTENSIBLE_FORMAT_BYTES;
const SUBFORMAT_OFFSET = 24;
/** KSDATAFORMAT_SUBTYPE GUIDs are a format tag followed by these bytes (Microsoft, `ksmedia.h`). */
const SUBFORMAT_TAIL = [0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71];

const ENCODINGS: ReadonlyMap<string, WavEncoding> = new Map([
  [`${TAG_PCM}/8`, 'pcm_u8'],
  [`${TAG_PCM}/16`, 'pcm_s16le'],
  [`${TAG_PCM}/24`, 'pcm_s24le'],
  [`${TAG_PCM}/32`, 'pcm_s32le'],
  [`${TAG_FLOAT}/32`, 'pcm_f32le'],
  [`${TAG_FLOAT}/64`, 'pcm_f64le'],
]);

/**
 * Reads and checks the content of a `fmt ` chunk. The average byte rate is not looked at: nothing here depends on it. Neither is
 * the number of valid bits of an extensible header: samples fill their container from the top.
 *
 * @throws {AudioError} `invalid_wav_header`, `unsupported_wav_encoding`, `unsupported_channels`, `unsupported_sample_rate`
 */
export function parseWavFormat(chunk: DataView): WavFormat {
  if (chunk.byteLength < MIN_FORMAT_BYTES) {
    throw new AudioError('invalid_wav_header', `the fmt chunk has ${chunk.byteLength} bytes, at least ${MIN_FORMAT_BYTES} are needed`);
  }
  const channels = chunk.getUint16(2, true);
  const sampleRateHz = chunk.getUint32(4, true);
  const frameBytes = chunk.getUint16(12, true);
  const bitsPerSample = chunk.getUint16(14, true);
  const encoding = encodingOf(formatTag(chunk), bitsPerSample);
  assertChannels(channels);
  assertSampleRate(sampleRateHz);
  if (frameBytes !== (channels * bitsPerSample) / 8) {
    throw new AudioError(
      'invalid_wav_header',
      `the header claims ${frameBytes} bytes a frame, ${channels} channels of ${bitsPerSample} bits take ${(channels * bitsPerSample) / 8}`,
    );
  }
  return { encoding, channels, sampleRateHz, frameBytes };
}

function formatTag(chunk: DataView): number {
  const tag = chunk.getUint16(0, true);
  if (tag !== TAG_EXTENSIBLE) return tag;
  if (chunk.byteLength < EXTENSIBLE_FORMAT_BYTES) {
    throw new AudioError(
      'invalid_wav_header',
      `the extensible fmt chunk has ${chunk.byteLength} bytes, ${EXTENSIBLE_FORMAT_BYTES} are needed`,
    );
  }
  const isKnownFamily = SUBFORMAT_TAIL.every((byte, i) => chunk.getUint8(SUBFORMAT_OFFSET + 2 + i) === byte);
  if (!isKnownFamily) throw new AudioError('unsupported_wav_encoding', 'the extensible fmt chunk names an unknown sub-format');
  return chunk.getUint16(SUBFORMAT_OFFSET, true);
}

function encodingOf(tag: number, bitsPerSample: number): WavEncoding {
  const encoding = ENCODINGS.get(`${tag}/${bitsPerSample}`);
  if (encoding !== undefined) return encoding;
  throw new AudioError(
    'unsupported_wav_encoding',
    `WAV format ${tag} with ${bitsPerSample} bits a sample is not supported; use PCM (8, 16, 24 or 32 bits) or float (32 or 64 bits)`,
  );
}

function assertChannels(channels: number): void {
  if (channels === 0) throw new AudioError('invalid_wav_header', 'the header claims no channel');
  if (channels > MAX_WAV_CHANNELS) {
    throw new AudioError('unsupported_channels', `${channels} channels are not supported; at most ${MAX_WAV_CHANNELS} are`);
  }
}

/** WAV files to mono samples and back. A header that claims what the file does not hold is refused. */

import { encodePcm } from './pcm.ts';
import { assertSampleRate } from './sample-rate.ts';
import { WavDecoder } from './wav-decoder.ts';
import type { WavEncoding } from './wav-format.ts';

/** The sound of a WAV file. */
export interface WavAudio {
  readonly sampleRateHz: number;
  /** How many channels the file has. */
  readonly channels: number;
  /** How the file writes its samples. */
  readonly encoding: WavEncoding;
  /** The mean of the channels, in [-1, 1]. */
  readonly samples: Float32Array;
}

const RIFF_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;

/**
 * Reads a whole WAV file; `WavDecoder` says what is read and what is not.
 *
 * @throws {AudioError} `not_wav`, `unsupported_wav_encoding`, `unsupported_channels`, `unsupported_sample_rate`, `invalid_wav_header`,
 *   `truncated_wav`, `empty_wav`
 */
export function readWav(bytes: Uint8Array): WavAudio {
  const decoder = new WavDecoder();
  const samples = decoder.push(bytes);
  const { sampleRateHz, channels, encoding } = decoder.finish();
  return { sampleRateHz, channels, encoding, samples };
}

/**
 * Writes mono samples as a 16-bit PCM file.
 *
 * @throws {AudioError} `unsupported_sample_rate`
 */
export function writeWav(samples: Float32Array, sampleRateHz: number): Uint8Array<ArrayBuffer> {
  assertSampleRate(sampleRateHz);
  const data = encodePcm(samples, 'pcm_s16le');
  const bytes = new Uint8Array(RIFF_HEADER_BYTES + 2 * CHUNK_HEADER_BYTES + 16 + data.length);
  const view = new DataView(bytes.buffer);
  writeChunkHeader(view, 0, { name: 'RIFF', sizeBytes: bytes.length - CHUNK_HEADER_BYTES });
  writeName(view, 8, 'WAVE');
  writeChunkHeader(view, 12, { name: 'fmt ', sizeBytes: 16 });
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // channels
  view.setUint32(24, sampleRateHz, true);
  view.setUint32(28, sampleRateHz * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  writeChunkHeader(view, 36, { name: 'data', sizeBytes: data.length });
  bytes.set(data, 44);
  return bytes;
}

function writeName(view: DataView, offset: number, name: string): void {
  for (let i = 0; i < name.length; i++) view.setUint8(offset + i, name.charCodeAt(i));
}

function writeChunkHeader(view: DataView, offset: number, { name, sizeBytes }: { name: string; sizeBytes: number }): void {
  writeName(view, offset, name);
  view.setUint32(offset + 4, sizeBytes, true);
}

/** WAV files to mono samples and back. A header that claims what the file does not hold is refused. */

import { AudioError } from './audio-error.ts';
import { encodePcm, toUnitRange } from './pcm.ts';
import { assertSampleRate } from './sample-rate.ts';
import { parseWavFormat, type WavEncoding, type WavFormat } from './wav-format.ts';

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
/** What programs write that cannot go back to fill in the size, as ffmpeg into a pipe. */
const UNKNOWN_SIZE = 0xffff_ffff;

/**
 * Reads a WAV file (Microsoft/IBM, "Multimedia Programming Interface and Data Specifications 1.0", 1991; extensible headers:
 * Microsoft, `WAVEFORMATEXTENSIBLE`). Chunks other than `fmt ` and `data` are skipped, and so is what follows the RIFF form.
 *
 * @throws {AudioError} `not_wav`, `unsupported_wav_encoding`, `unsupported_channels`, `unsupported_sample_rate`, `invalid_wav_header`,
 *   `truncated_wav`, `empty_wav`
 */
export function readWav(bytes: Uint8Array): WavAudio {
  const form = riffForm(bytes);
  let format: WavFormat | undefined;
  for (const { name, content } of chunksOf(form)) {
    if (name === 'data') return decodeData(content, format);
    if (name !== 'fmt ') continue;
    if (format !== undefined) throw new AudioError('invalid_wav_header', 'the file has two fmt chunks');
    format = parseWavFormat(content);
  }
  throw new AudioError('empty_wav', 'the file has no data chunk, so no samples');
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

interface Chunk {
  readonly name: string;
  readonly content: DataView;
}

/** The chunks of the file, without the header before them. */
function riffForm(bytes: Uint8Array): DataView {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = bytes.length < RIFF_HEADER_BYTES ? '' : readName(view, 0);
  if (magic === 'RIFX' || magic === 'RF64') {
    throw new AudioError('unsupported_wav_encoding', `${magic} files are not supported; convert the file to a plain (RIFF) WAV`);
  }
  if (magic !== 'RIFF' || readName(view, 8) !== 'WAVE') throw new AudioError('not_wav', 'the file does not begin with RIFF and WAVE');
  const sizeBytes = view.getUint32(4, true);
  assertPresent('the RIFF header', sizeBytes, bytes.length - CHUNK_HEADER_BYTES);
  if (sizeBytes < RIFF_HEADER_BYTES - CHUNK_HEADER_BYTES)
    throw new AudioError('invalid_wav_header', `the RIFF header claims ${sizeBytes} bytes`);
  return new DataView(bytes.buffer, bytes.byteOffset + RIFF_HEADER_BYTES, sizeBytes - (RIFF_HEADER_BYTES - CHUNK_HEADER_BYTES));
}

function* chunksOf(form: DataView): Generator<Chunk> {
  let offset = 0;
  while (offset + CHUNK_HEADER_BYTES <= form.byteLength) {
    const name = readName(form, offset);
    const sizeBytes = form.getUint32(offset + 4, true);
    const start = offset + CHUNK_HEADER_BYTES;
    assertPresent(`the ${JSON.stringify(name)} chunk`, sizeBytes, form.byteLength - start);
    yield { name, content: new DataView(form.buffer, form.byteOffset + start, sizeBytes) };
    offset = start + sizeBytes + (sizeBytes % 2); // chunks begin at even offsets
  }
}

function assertPresent(what: string, claimedBytes: number, presentBytes: number): void {
  if (claimedBytes <= presentBytes) return;
  const remedy =
    claimedBytes === UNKNOWN_SIZE
      ? 'it was written without a known length, as into a pipe: write it to a file, e.g. ffmpeg -i in.wav out.wav'
      : 'the file is cut short';
  throw new AudioError('truncated_wav', `${what} claims ${claimedBytes} bytes where ${presentBytes} are left; ${remedy}`);
}

function decodeData(data: DataView, format: WavFormat | undefined): WavAudio {
  if (format === undefined) throw new AudioError('invalid_wav_header', 'the file has no fmt chunk before its data');
  const { encoding, channels, sampleRateHz, frameBytes } = format;
  if (data.byteLength === 0) throw new AudioError('empty_wav', 'the data chunk holds no samples');
  const frames = data.byteLength / frameBytes;
  if (!Number.isInteger(frames)) {
    throw new AudioError('truncated_wav', `${data.byteLength} bytes of data are not a whole number of ${frameBytes}-byte frames`);
  }
  return { sampleRateHz, channels, encoding, samples: mixDown(data, frames, format) };
}

function mixDown(data: DataView, frames: number, { encoding, channels }: WavFormat): Float32Array {
  const { sampleBytes, read } = SAMPLE_READERS[encoding];
  const samples = new Float32Array(frames);
  let offset = 0;
  for (let i = 0; i < frames; i++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++, offset += sampleBytes) sum += read(data, offset);
    samples[i] = sum / channels;
  }
  return samples;
}

interface SampleReader {
  readonly sampleBytes: number;
  /** @returns a sample in [-1, 1] */
  readonly read: (view: DataView, offset: number) => number;
}

const SAMPLE_READERS: Readonly<Record<WavEncoding, SampleReader>> = {
  pcm_u8: { sampleBytes: 1, read: (view, offset) => (view.getUint8(offset) - 0x80) / 0x80 },
  pcm_s16le: { sampleBytes: 2, read: (view, offset) => view.getInt16(offset, true) / 0x8000 },
  pcm_s24le: { sampleBytes: 3, read: (view, offset) => (view.getInt8(offset + 2) * 0x1_0000 + view.getUint16(offset, true)) / 0x80_0000 },
  pcm_s32le: { sampleBytes: 4, read: (view, offset) => view.getInt32(offset, true) / 0x8000_0000 },
  pcm_f32le: { sampleBytes: 4, read: (view, offset) => toUnitRange(view.getFloat32(offset, true)) },
  pcm_f64le: { sampleBytes: 8, read: (view, offset) => toUnitRange(view.getFloat64(offset, true)) },
};

function readName(view: DataView, offset: number): string {
  return String.fromCharCode(view.getUint8(offset), view.getUint8(offset + 1), view.getUint8(offset + 2), view.getUint8(offset + 3));
}

function writeName(view: DataView, offset: number, name: string): void {
  for (let i = 0; i < name.length; i++) view.setUint8(offset + i, name.charCodeAt(i));
}

function writeChunkHeader(view: DataView, offset: number, { name, sizeBytes }: { name: string; sizeBytes: number }): void {
  writeName(view, offset, name);
  view.setUint32(offset + 4, sizeBytes, true);
}

/** WAV files as they come in, in pieces of any length: samples are given as soon as they are whole, faults told as soon as they show. */

import { AudioError } from './audio-error.ts';
import { otherFormat } from './other-formats.ts';
import { FORMAT_BYTES_READ, MAX_WAV_CHANNELS, parseWavFormat, type WavFormat } from './wav-format.ts';
import { mixDown } from './wav-samples.ts';

/** What a file says of its sound before the first sample. */
export interface WavHeader extends WavFormat {
  /** How long the sound is: samples a channel. */
  readonly frames: number;
}

const RIFF_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
/** The name of the form, which its size counts. */
const FORM_NAME_BYTES = RIFF_HEADER_BYTES - CHUNK_HEADER_BYTES;
/** What programs write that cannot go back to fill in the size, as ffmpeg into a pipe. */
const UNKNOWN_SIZE = 0xffff_ffff;
/** 64-bit samples. */
const MAX_FRAME_BYTES = 8 * MAX_WAV_CHANNELS;

type Stage =
  | { readonly type: 'riff-header' }
  | { readonly type: 'chunk-header' }
  | { readonly type: 'format'; readonly sizeBytes: number }
  | { readonly type: 'skipped'; leftBytes: number }
  | { readonly type: 'data'; leftBytes: number; readonly header: WavHeader }
  /** Behind the sound: nothing there matters but that it is there. */
  | { readonly type: 'rest' };

/**
 * Decodes one WAV file (Microsoft/IBM, "Multimedia Programming Interface and Data Specifications 1.0", 1991; extensible headers:
 * Microsoft, `WAVEFORMATEXTENSIBLE`), however it is cut. Chunks other than `fmt ` and `data` are skipped, and so is what follows the
 * RIFF form. From piece to piece it keeps less than a header or a sample frame. After an error it must not be used any more.
 */
export class WavDecoder {
  readonly #kept = new Uint8Array(Math.max(FORMAT_BYTES_READ, MAX_FRAME_BYTES));
  #keptBytes = 0;
  #stage: Stage = { type: 'riff-header' };
  /** From the file's first byte to the end of the RIFF form. */
  #claimedBytes = RIFF_HEADER_BYTES;
  #receivedBytes = 0;
  #format: WavFormat | undefined;
  #header: WavHeader | undefined;
  #samples = new Float32Array(0);
  #decodedSamples = 0;

  /** Known once the data chunk begins. */
  get header(): WavHeader | undefined {
    return this.#header;
  }

  /**
   * Takes the file's next bytes.
   *
   * @returns the samples that they complete: the mean of the channels, in [-1, 1]; a view that the next call overwrites
   * @throws {AudioError} `not_wav`, `unsupported_wav_encoding`, `unsupported_channels`, `unsupported_sample_rate`, `invalid_wav_header`,
   *   `truncated_wav`, `empty_wav`
   */
  push(bytes: Uint8Array): Float32Array {
    this.#decodedSamples = 0;
    for (let start = 0; start < bytes.length;) start += this.#take(bytes.subarray(start));
    return this.#samples.subarray(0, this.#decodedSamples);
  }

  /**
   * Says that the file is over.
   *
   * @returns what it said of its sound, all of which has come
   * @throws {AudioError} `not_wav`, `truncated_wav`, `empty_wav`
   */
  finish(): WavHeader {
    if (this.#stage.type === 'riff-header') throw notWav(this.#kept.subarray(0, this.#keptBytes));
    if (this.#receivedBytes < this.#claimedBytes) {
      const [claimed, present] = [this.#claimedBytes - CHUNK_HEADER_BYTES, this.#receivedBytes - CHUNK_HEADER_BYTES];
      throw truncated('the RIFF header', claimed, present);
    }
    if (this.#header === undefined) throw new AudioError('empty_wav', 'the file has no data chunk, so no samples');
    return this.#header;
  }

  /** Works off the front of `bytes`, which holds at least one. @returns how many */
  #take(bytes: Uint8Array): number {
    const stage = this.#stage;
    switch (stage.type) {
      case 'riff-header':
        return this.#collect(bytes, RIFF_HEADER_BYTES, (header) => this.#beginForm(header));
      case 'chunk-header':
        return this.#collect(bytes, CHUNK_HEADER_BYTES, (header) => this.#beginChunk(header));
      case 'format':
        return this.#collect(bytes, Math.min(stage.sizeBytes, FORMAT_BYTES_READ), (content) => this.#setFormat(content, stage.sizeBytes));
      case 'skipped':
        return this.#skip(stage, bytes.length);
      case 'data':
        return this.#decode(stage, bytes);
      case 'rest':
        return this.#received(bytes.length);
    }
  }

  #received(bytes: number): number {
    this.#receivedBytes += bytes;
    return bytes;
  }

  /** Keeps bytes until as many are there as are wanted, then has them used. */
  #collect(bytes: Uint8Array, wantedBytes: number, use: (whole: DataView) => void): number {
    const taken = this.#received(Math.min(bytes.length, wantedBytes - this.#keptBytes));
    this.#kept.set(bytes.subarray(0, taken), this.#keptBytes);
    this.#keptBytes += taken;
    if (this.#keptBytes < wantedBytes) return taken;
    this.#keptBytes = 0;
    use(new DataView(this.#kept.buffer, 0, wantedBytes));
    return taken;
  }

  #beginForm(header: DataView): void {
    const magic = nameAt(header, 0);
    if (magic === 'RIFX' || magic === 'RF64') {
      throw new AudioError('unsupported_wav_encoding', `${magic} files are not supported; convert the file to a plain (RIFF) WAV`);
    }
    if (magic !== 'RIFF' || nameAt(header, 8) !== 'WAVE') throw notWav(this.#kept.subarray(0, RIFF_HEADER_BYTES));
    const sizeBytes = header.getUint32(4, true);
    if (sizeBytes < FORM_NAME_BYTES) throw new AudioError('invalid_wav_header', `the RIFF header claims ${sizeBytes} bytes`);
    this.#claimedBytes = CHUNK_HEADER_BYTES + sizeBytes;
    this.#expectChunk();
  }

  #expectChunk(): void {
    const isRoomForChunk = this.#claimedBytes - this.#receivedBytes >= CHUNK_HEADER_BYTES;
    this.#stage = { type: isRoomForChunk ? 'chunk-header' : 'rest' };
  }

  #beginChunk(header: DataView): void {
    const name = nameAt(header, 0);
    const sizeBytes = header.getUint32(4, true);
    const leftBytes = this.#claimedBytes - this.#receivedBytes;
    if (sizeBytes > leftBytes) throw truncated(`the ${JSON.stringify(name)} chunk`, sizeBytes, leftBytes);
    if (name === 'data') this.#beginData(sizeBytes);
    else if (name === 'fmt ') this.#beginFormat(sizeBytes);
    else this.#beginSkip(padded(sizeBytes));
  }

  #beginFormat(sizeBytes: number): void {
    if (this.#format !== undefined) throw new AudioError('invalid_wav_header', 'the file has two fmt chunks');
    if (sizeBytes === 0) return this.#setFormat(new DataView(new ArrayBuffer(0)), 0);
    this.#stage = { type: 'format', sizeBytes };
  }

  #setFormat(content: DataView, sizeBytes: number): void {
    this.#format = parseWavFormat(content);
    this.#beginSkip(padded(sizeBytes) - content.byteLength);
  }

  #beginSkip(bytes: number): void {
    this.#stage = { type: 'skipped', leftBytes: bytes };
    if (bytes === 0) this.#expectChunk();
  }

  #skip(stage: { leftBytes: number }, availableBytes: number): number {
    const taken = this.#received(Math.min(availableBytes, stage.leftBytes));
    stage.leftBytes -= taken;
    if (stage.leftBytes === 0) this.#expectChunk();
    return taken;
  }

  #beginData(sizeBytes: number): void {
    if (this.#format === undefined) throw new AudioError('invalid_wav_header', 'the file has no fmt chunk before its data');
    if (sizeBytes === 0) throw new AudioError('empty_wav', 'the data chunk holds no samples');
    const { frameBytes } = this.#format;
    if (sizeBytes % frameBytes !== 0) {
      throw new AudioError('truncated_wav', `${sizeBytes} bytes of data are not a whole number of ${frameBytes}-byte frames`);
    }
    this.#header = { ...this.#format, frames: sizeBytes / frameBytes };
    this.#stage = { type: 'data', leftBytes: sizeBytes, header: this.#header };
  }

  #decode(stage: Extract<Stage, { type: 'data' }>, bytes: Uint8Array): number {
    const { frameBytes } = stage.header;
    const data = bytes.subarray(0, Math.min(bytes.length, stage.leftBytes));
    const isWithinFrame = this.#keptBytes > 0 || data.length < frameBytes;
    const taken = isWithinFrame
      ? this.#collect(data, frameBytes, (frame) => this.#append(stage.header, frame))
      : this.#received(data.length - (data.length % frameBytes));
    if (!isWithinFrame) this.#append(stage.header, new DataView(data.buffer, data.byteOffset, taken));
    stage.leftBytes -= taken;
    if (stage.leftBytes === 0) this.#stage = { type: 'rest' };
    return taken;
  }

  #append(format: WavFormat, data: DataView): void {
    const from = this.#decodedSamples;
    this.#decodedSamples += data.byteLength / format.frameBytes;
    if (this.#decodedSamples > this.#samples.length) {
      const decoded = this.#samples.subarray(0, from);
      this.#samples = new Float32Array(this.#decodedSamples);
      this.#samples.set(decoded);
    }
    mixDown(data, format, this.#samples.subarray(from));
  }
}

/** Chunks begin at even offsets. */
function padded(sizeBytes: number): number {
  return sizeBytes + (sizeBytes % 2);
}

function nameAt(view: DataView, offset: number): string {
  return String.fromCharCode(view.getUint8(offset), view.getUint8(offset + 1), view.getUint8(offset + 2), view.getUint8(offset + 3));
}

function notWav(beginning: Uint8Array): AudioError {
  const found = otherFormat(beginning);
  if (found === undefined) return new AudioError('not_wav', 'the file does not begin with RIFF and WAVE');
  return new AudioError('not_wav', `this is ${found}, only WAV is taken: convert it, e.g. ffmpeg -i INPUT out.wav`);
}

function truncated(what: string, claimedBytes: number, presentBytes: number): AudioError {
  const remedy =
    claimedBytes === UNKNOWN_SIZE
      ? 'it was written without a known length, as into a pipe: write it to a file, e.g. ffmpeg -i in.wav out.wav'
      : 'the file is cut short';
  return new AudioError('truncated_wav', `${what} claims ${claimedBytes} bytes where ${presentBytes} are left; ${remedy}`);
}

/** The samples of a WAV file, in every encoding it may have. */

import { toUnitRange } from './pcm.ts';
import type { WavEncoding, WavFormat } from './wav-format.ts';

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

/**
 * Writes the mean of the channels, in [-1, 1], for every sample frame.
 *
 * @param data - whole frames
 * @param out - as long as there are frames, at least
 */
export function mixDown(data: DataView, { encoding, channels, frameBytes }: WavFormat, out: Float32Array): void {
  const { sampleBytes, read } = SAMPLE_READERS[encoding];
  const frames = data.byteLength / frameBytes;
  let offset = 0;
  for (let i = 0; i < frames; i++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++, offset += sampleBytes) sum += read(data, offset);
    out[i] = sum / channels;
  }
}

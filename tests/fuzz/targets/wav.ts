/** Any bytes as a WAV file: refused with a code, or the same sound however they are cut. */

import { AudioError } from '#shared/audio/audio-error.ts';
import { WavDecoder } from '#shared/audio/wav-decoder.ts';
import { writeWav } from '#shared/audio/wav.ts';

import { bytesOf, type Target } from '../target.ts';

/** Large enough to be cut in many places, small enough for thousands a second. */
const MAX_INPUT_BYTES = 4096;

export const wav: Target = {
  name: 'wav',
  sources: ['shared/audio/wav', 'shared/audio/other-formats'],
  seeds: [
    writeWav(
      Float32Array.from({ length: 40 }, (_, i) => Math.sin(i)),
      16_000,
    ),
    withFormat(1, 8, 2),
    withFormat(1, 24, 1),
    withFormat(3, 32, 2),
    withFormat(3, 64, 1),
    withFormat(0xfffe, 16, 1),
    bytesOf('fLaC'),
    bytesOf('OggS'),
  ],
  dictionary: ['RIFF', 'WAVE', 'fmt ', 'data', 'LIST', 'RF64', 'RIFX', 'ID3', '\x1aE\xdf\xa3'].map(bytesOf),
  run(input) {
    const bytes = input.subarray(0, MAX_INPUT_BYTES);
    const whole = outcomeOf(bytes, bytes.length);
    const cut = outcomeOf(bytes, 1 + ((bytes[bytes.length - 1] ?? 0) % 13));
    if (whole !== cut) throw new Error(`in one piece: ${whole.slice(0, 200)}; cut: ${cut.slice(0, 200)}`);
  },
};

/** All samples, or the code of the refusal. */
function outcomeOf(bytes: Uint8Array, pieceBytes: number): string {
  const decoder = new WavDecoder();
  const samples: number[] = [];
  try {
    for (let start = 0; start < bytes.length; start += Math.max(1, pieceBytes)) {
      for (const sample of decoder.push(bytes.subarray(start, start + Math.max(1, pieceBytes)))) {
        if (!(sample >= -1 && sample <= 1)) throw new RangeError(`a sample is ${sample}`);
        samples.push(sample);
      }
    }
    const { frames } = decoder.finish();
    if (frames !== samples.length) throw new RangeError(`${samples.length} samples of ${frames} came`);
    return samples.join(' ');
  } catch (error) {
    if (error instanceof AudioError) return error.code;
    throw error;
  }
}

/** A file with a header of this kind before some samples. */
function withFormat(tag: number, bits: number, channels: number): Uint8Array {
  const extra = tag === 0xfffe ? 24 : 0;
  const data = (bits / 8) * channels * 6;
  const bytes = new Uint8Array(44 + extra + data);
  const view = new DataView(bytes.buffer);
  bytes.set(bytesOf('RIFF'), 0);
  view.setUint32(4, bytes.length - 8, true);
  bytes.set(bytesOf('WAVEfmt '), 8);
  view.setUint32(16, 16 + extra, true);
  view.setUint16(20, tag, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, 16_000, true);
  view.setUint16(32, (bits / 8) * channels, true);
  view.setUint16(34, bits, true);
  if (extra > 0) bytes.set([22, 0, 16, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 16, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71], 36);
  bytes.set(bytesOf('data'), 36 + extra);
  view.setUint32(40 + extra, data, true);
  return bytes;
}

/** The beginning of a long recording that nobody has to hold in memory. */

import { writeWav } from '#shared/audio/wav.ts';

/** The 44 bytes before so many bytes of 16-bit sound. */
export function wavHeader(dataBytes: number, { sampleRateHz = 16_000, channels = 1 } = {}): Uint8Array<ArrayBuffer> {
  const header = writeWav(new Float32Array(0), sampleRateHz);
  const view = new DataView(header.buffer);
  view.setUint32(4, 36 + dataBytes, true);
  view.setUint16(22, channels, true);
  view.setUint32(28, 2 * channels * sampleRateHz, true);
  view.setUint16(32, 2 * channels, true);
  view.setUint32(40, dataBytes, true);
  return header;
}

/** What can be wrong with audio that comes in. */

import { CodedError } from '#shared/coded-error.ts';

/**
 * - `odd_byte_count`: a chunk of PCM that is not a whole number of sample frames
 * - `unsupported_sample_rate`: outside `MIN_SAMPLE_RATE_HZ`–`MAX_SAMPLE_RATE_HZ`
 * - `not_wav`: no RIFF/WAVE file
 * - `unsupported_wav_encoding`: a WAV, but not PCM of 8, 16, 24 or 32 bits or float of 32 or 64
 * - `unsupported_channels`: more channels than `MAX_WAV_CHANNELS`
 * - `invalid_wav_header`: a header that contradicts itself
 * - `truncated_wav`: a header that claims more bytes than there are
 * - `empty_wav`: not one sample
 */
export type AudioErrorCode =
  | 'odd_byte_count'
  | 'unsupported_sample_rate'
  | 'not_wav'
  | 'unsupported_wav_encoding'
  | 'unsupported_channels'
  | 'invalid_wav_header'
  | 'truncated_wav'
  | 'empty_wav';

/** Audio that cannot be used; the message says what it is and what would do. */
export class AudioError extends CodedError {
  declare readonly code: AudioErrorCode;

  constructor(code: AudioErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

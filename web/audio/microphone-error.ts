/** Why there is no sound from the microphone. */

import { CodedError } from '#shared/coded-error.ts';

export type MicrophoneErrorCode =
  'microphone_refused' | 'microphone_missing' | 'microphone_busy' | 'microphone_unsupported' | 'microphone_lost' | 'microphone_failed';

/** The microphone cannot be used; the message says what the person in front of the page can do. */
export class MicrophoneError extends CodedError {
  declare readonly code: MicrophoneErrorCode;

  constructor(code: MicrophoneErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

const BY_EXCEPTION_NAME: Readonly<Record<string, readonly [MicrophoneErrorCode, string]>> = {
  NotAllowedError: [
    'microphone_refused',
    'The browser does not let this page use the microphone. Allow it beside the address, then press the button again.',
  ],
  NotFoundError: ['microphone_missing', 'No microphone was found. Plug one in, then press the button again.'],
  OverconstrainedError: ['microphone_missing', 'The chosen microphone is not there. Choose another one.'],
  NotReadableError: ['microphone_busy', 'Another program holds the microphone, or the system does not give it out.'],
};

/** Translates what `getUserMedia` and the audio graph throw. Source of the names: W3C Media Capture and Streams, 10.2. */
export function toMicrophoneError(error: unknown): MicrophoneError {
  if (error instanceof MicrophoneError) return error;
  const name = error instanceof Error ? error.name : '';
  const [code, message] = BY_EXCEPTION_NAME[name] ?? ['microphone_failed', `The microphone did not start: ${String(error)}`];
  return new MicrophoneError(code, message, { cause: error });
}

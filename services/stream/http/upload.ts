/** The bytes of an uploaded file, from a plain body or a form, as they come in and never more than allowed. */

import { HttpError } from './problem.ts';
import { fileOfForm } from './form-file.ts';

const WAV_MEDIA_TYPES = ['audio/wav', 'audio/x-wav', 'audio/wave', 'audio/vnd.wave', 'application/octet-stream'];
const FORM_MEDIA_TYPE = 'multipart/form-data';

/**
 * Gives the file of a request in pieces. What is too large by its own account is not read; what turns out to be, not read on.
 *
 * @throws {HttpError} `upload_too_large`, `unsupported_media_type`, and while it is read `upload_too_large`, `malformed_form`,
 *   `missing_file`
 */
export function openUpload(request: Request, maxBytes: number): AsyncIterable<Uint8Array> {
  const contentType = request.headers.get('content-type') ?? '';
  const mediaType = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  const isForm = mediaType === FORM_MEDIA_TYPE;
  if (!isForm && !WAV_MEDIA_TYPES.includes(mediaType)) throw unsupported(mediaType);
  assertFits(Number(request.headers.get('content-length') ?? 0), maxBytes);
  const body = bodyOf(request, maxBytes);
  return isForm ? fileOfForm(body, contentType) : body;
}

async function* bodyOf(request: Request, maxBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  let sizeBytes = 0;
  for await (const chunk of request.body ?? []) {
    sizeBytes += chunk.byteLength;
    assertFits(sizeBytes, maxBytes);
    yield chunk;
  }
}

function assertFits(sizeBytes: number, maxBytes: number): void {
  if (sizeBytes > maxBytes) throw new HttpError('upload_too_large', `at least ${sizeBytes} bytes were sent, at most ${maxBytes} may be`);
}

function unsupported(mediaType: string): HttpError {
  const found = mediaType === '' ? 'none is given' : `not ${JSON.stringify(mediaType)}`;
  const remedy = /^(audio|video)\//.test(mediaType) ? '; convert the recording to WAV, e.g. ffmpeg -i INPUT out.wav' : '';
  return new HttpError('unsupported_media_type', `the content type must be ${WAV_MEDIA_TYPES[0]} or ${FORM_MEDIA_TYPE}; ${found}${remedy}`);
}

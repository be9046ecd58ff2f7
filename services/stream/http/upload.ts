/** The bytes of an uploaded file, from a plain body or a form, never more than allowed. */

import { HttpError } from './problem.ts';

const WAV_MEDIA_TYPES = ['audio/wav', 'audio/x-wav', 'audio/wave', 'audio/vnd.wave', 'application/octet-stream'];
const FORM_MEDIA_TYPE = 'multipart/form-data';
/** The form's field. */
const FILE_FIELD = 'file';

/**
 * Reads the file of a request. A body that declares to be too large is not read, one that turns out to be is not read on.
 *
 * @throws {HttpError} `upload_too_large`, `unsupported_media_type`, `malformed_form`, `missing_file`
 */
export async function readUpload(request: Request, maxBytes: number): Promise<Uint8Array> {
  const contentType = request.headers.get('content-type') ?? '';
  const mediaType = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  if (mediaType !== FORM_MEDIA_TYPE && !WAV_MEDIA_TYPES.includes(mediaType)) {
    const found = mediaType === '' ? 'none is given' : `not ${JSON.stringify(mediaType)}`;
    throw new HttpError('unsupported_media_type', `the content type must be ${WAV_MEDIA_TYPES[0]} or ${FORM_MEDIA_TYPE}; ${found}`);
  }
  const body = await readBody(request, maxBytes);
  return mediaType === FORM_MEDIA_TYPE ? fileOf(body, contentType) : body;
}

async function readBody(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  assertFits(Number(request.headers.get('content-length') ?? 0), maxBytes);
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of request.body ?? []) {
    sizeBytes += chunk.byteLength;
    assertFits(sizeBytes, maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, sizeBytes);
}

function assertFits(sizeBytes: number, maxBytes: number): void {
  if (sizeBytes > maxBytes) throw new HttpError('upload_too_large', `at least ${sizeBytes} bytes were sent, at most ${maxBytes} may be`);
}

async function fileOf(body: Uint8Array<ArrayBuffer>, contentType: string): Promise<Uint8Array> {
  const file = (await parseForm(body, contentType)).get(FILE_FIELD);
  if (!(file instanceof File)) throw new HttpError('missing_file', `the form has no file in its field ${JSON.stringify(FILE_FIELD)}`);
  return new Uint8Array(await file.arrayBuffer());
}

async function parseForm(body: Uint8Array<ArrayBuffer>, contentType: string): Promise<FormData> {
  try {
    return await new Response(body, { headers: { 'content-type': contentType } }).formData();
  } catch (error) {
    throw new HttpError('malformed_form', 'the form cannot be read', { cause: error });
  }
}

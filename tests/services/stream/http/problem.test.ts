/** Errors as problem details. */

import { expect, test } from 'vitest';

import { AudioError } from '#shared/audio/audio-error.ts';
import { CodedError } from '#shared/coded-error.ts';

import { HttpError, problemOf } from '../../../../services/stream/http/problem.ts';

test.for([
  [new HttpError('upload_too_large', 'too large'), 413, 'Payload Too Large'],
  [new HttpError('no_capacity', 'full'), 503, 'Service Unavailable'],
  [new AudioError('not_wav', 'a JPEG'), 415, 'Unsupported Media Type'],
  [new AudioError('empty_wav', 'nothing'), 400, 'Bad Request'],
  [new CodedError('something_else', 'our mistake'), 500, 'Internal Server Error'],
] as const)('%o becomes %i', ([error, status, title]) => {
  expect(problemOf(error)).toEqual({ type: 'about:blank', title, status, detail: error.message, code: error.code });
});

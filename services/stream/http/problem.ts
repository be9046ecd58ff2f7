/** Errors as HTTP answers: RFC 9457 problem details with our stable codes. The one place where codes become statuses. */

import { STATUS_CODES } from 'node:http';

import type { ContentfulStatusCode } from 'hono/utils/http-status';

import { CodedError } from '#shared/coded-error.ts';
import type { Problem } from '#shared/protocol/messages.ts';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

/** Every code that is HTTP's own. */
const STATUS_OF = {
  not_found: 404,
  method_not_allowed: 405,
  invalid_query: 400,
  /** A form that cannot be read. */
  malformed_form: 400,
  /** A form without a `file`. */
  missing_file: 400,
  upload_too_large: 413,
  /** More audio than allowed. */
  upload_too_long: 413,
  /** More events than an answer may hold. */
  too_many_events: 422,
  request_timeout: 408,
  headers_too_large: 431,
  /** No HTTP. */
  malformed_request: 400,
  unsupported_media_type: 415,
  upgrade_required: 426,
  /** Draining, or without a model. */
  not_ready: 503,
  no_capacity: 503,
  page_not_built: 503,
} as const satisfies Record<string, ContentfulStatusCode>;

/** Codes from behind the door that a request can cause. */
const STATUS_OF_INNER: Readonly<Record<string, ContentfulStatusCode>> = {
  not_wav: 415,
  unsupported_wav_encoding: 415,
  unsupported_sample_rate: 400,
  unsupported_channels: 400,
  invalid_wav_header: 400,
  truncated_wav: 400,
  empty_wav: 400,
  unknown_model: 404,
  unauthorized: 401,
  /** The service keeps no audio. */
  feedback_off: 404,
  origin_not_allowed: 403,
  kernel_out_of_memory: 503,
};

export type HttpErrorCode = keyof typeof STATUS_OF;

/** All codes of answers, with their statuses, for what lists them. */
export const STATUS_OF_CODE: Readonly<Record<string, ContentfulStatusCode>> = { ...STATUS_OF, ...STATUS_OF_INNER, internal_error: 500 };

/** A request that cannot be answered as asked. */
export class HttpError extends CodedError {
  declare readonly code: HttpErrorCode;

  constructor(code: HttpErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

/** Problem details of an error that the client may know about. */
export function problemOf({ code, message }: CodedError): Problem & { readonly status: ContentfulStatusCode } {
  const status = isHttpCode(code) ? STATUS_OF[code] : (STATUS_OF_INNER[code] ?? 500);
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail: message, code };
}

function isHttpCode(code: string): code is HttpErrorCode {
  return Object.hasOwn(STATUS_OF, code);
}

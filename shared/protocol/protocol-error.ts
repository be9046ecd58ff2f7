/** What can be wrong with a session, and the close code that each fault ends it with. */

import { CodedError } from '#shared/coded-error.ts';

import { CLOSE_CODE, type CloseCode } from './close-codes.ts';

/** Every `error.code` of a stream that is the protocol's own. */
const CLOSE_CODE_OF = {
  /** A text frame that is not JSON. */
  malformed_json: CLOSE_CODE.malformed,
  /** Brackets within brackets beyond what any message has. */
  json_too_deep: CLOSE_CODE.malformed,
  /** A frame of more bytes than allowed. */
  message_too_big: CLOSE_CODE.tooBig,
  /** No object with a `type` that the protocol knows. */
  unknown_type: CLOSE_CODE.badRequest,
  invalid_start: CLOSE_CODE.badRequest,
  invalid_configure: CLOSE_CODE.badRequest,
  invalid_feedback: CLOSE_CODE.badRequest,
  invalid_stop: CLOSE_CODE.badRequest,
  /** `start` asks for a model that the service does not serve. */
  unknown_model: CLOSE_CODE.badRequest,
  /** Another message came before `start`. */
  start_expected: CLOSE_CODE.badRequest,
  /** A second `start`. */
  already_started: CLOSE_CODE.badRequest,
  /** A binary frame came before `start`. */
  audio_before_start: CLOSE_CODE.wrongFrame,
  /** Nothing was sent for too long after the socket opened. */
  start_timeout: CLOSE_CODE.idle,
  /** Nothing was sent for too long after `start`. */
  idle_timeout: CLOSE_CODE.idle,
  /** The client does not read what it asked for. */
  slow_reader: CLOSE_CODE.notAllowed,
  /** Audio came faster than real time for longer than a burst may last. */
  too_fast: CLOSE_CODE.tooFast,
  /** Messages, audio and pings came more often than allowed for longer than a burst may last. */
  too_many_frames: CLOSE_CODE.tooFast,
  /** The session has lasted as long as one may; a new one may follow at once. */
  session_expired: CLOSE_CODE.goingAway,
  /** All sessions are taken. */
  no_capacity: CLOSE_CODE.noCapacity,
  /** All sessions that one address may have are taken. */
  too_many_sessions: CLOSE_CODE.noCapacity,
  /** Another session would slow down those that run. */
  overloaded: CLOSE_CODE.noCapacity,
  /** No token, or none that is known and still valid. */
  unauthorized: CLOSE_CODE.notAllowed,
  /** A page of an origin that is not on the list. */
  origin_not_allowed: CLOSE_CODE.notAllowed,
  /** The token was valid when the session began, and is no longer. */
  token_expired: CLOSE_CODE.notAllowed,
} as const satisfies Record<string, CloseCode>;

export type ProtocolErrorCode = keyof typeof CLOSE_CODE_OF;

/** All codes of `ProtocolError`, for what lists them. */
export const PROTOCOL_ERROR_CODES = Object.keys(CLOSE_CODE_OF) as readonly ProtocolErrorCode[];

/** A peer that does not keep to the protocol. */
export class ProtocolError extends CodedError {
  declare readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

/** The close code that ends a session on this error: the one place where codes become close codes. */
export function closeCodeOf({ code }: CodedError): CloseCode {
  if (isProtocolCode(code)) return CLOSE_CODE_OF[code];
  switch (code) {
    case 'unknown_keyword':
      return CLOSE_CODE.badRequest;
    case 'odd_byte_count':
      return CLOSE_CODE.malformed;
    case 'kernel_out_of_memory':
      return CLOSE_CODE.noCapacity;
    default:
      return CLOSE_CODE.internal;
  }
}

function isProtocolCode(code: string): code is ProtocolErrorCode {
  return Object.hasOwn(CLOSE_CODE_OF, code);
}

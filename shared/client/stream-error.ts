/** What can go wrong between a client and the service. */

import { CLOSE_CODE } from '#shared/protocol/close-codes.ts';
import { CodedError } from '#shared/coded-error.ts';

/** Codes raised on this side; a server's own `error.code` or problem `code` passes through as it is. */
export const STREAM_ERROR_CODE = {
  unreachable: 'server_unreachable',
  lost: 'connection_lost',
  notAllowed: 'not_allowed',
  timeout: 'server_timeout',
  badMessage: 'bad_server_message',
  inboxFull: 'inbox_full',
} as const;

/** A session or request that failed. `code` is the server's own where it gave one. */
export class StreamError extends CodedError {}

/** Nothing answers at the server's address. */
export function unreachable(cause?: unknown): StreamError {
  return new StreamError(STREAM_ERROR_CODE.unreachable, 'The server cannot be reached.', { cause });
}

const SENTENCES: Readonly<Record<number, string>> = {
  [CLOSE_CODE.goingAway]: 'The server is shutting down.',
  [CLOSE_CODE.restarting]: 'The server is restarting.',
  [CLOSE_CODE.notAllowed]: 'The server does not allow this page or token.',
  [CLOSE_CODE.noCapacity]: 'The server is full at the moment.',
  [CLOSE_CODE.idle]: 'The server closed the session because no audio arrived.',
  [CLOSE_CODE.tooFast]: 'The server closed the session because audio arrived faster than it allows.',
  [CLOSE_CODE.internal]: 'The server failed.',
};

/** The error of a close that no `error` message explained. */
export function closedBy(closeCode: number): StreamError {
  const code = closeCode === CLOSE_CODE.notAllowed ? STREAM_ERROR_CODE.notAllowed : STREAM_ERROR_CODE.lost;
  return new StreamError(code, SENTENCES[closeCode] ?? 'The connection to the server was lost.');
}

const PASSING: ReadonlySet<string> = new Set([
  STREAM_ERROR_CODE.unreachable,
  STREAM_ERROR_CODE.lost,
  STREAM_ERROR_CODE.timeout,
  'idle_timeout',
  'kernel_out_of_memory',
  'no_capacity',
  'not_ready',
  'overloaded',
  'session_expired',
  'slow_reader',
  'too_many_sessions',
]);

/** Whether the same request may succeed later. */
export function mayPass(error: unknown): error is StreamError {
  return error instanceof StreamError && PASSING.has(error.code);
}

/** Every code that a client can be told, with the close or the status it comes with: the one table behind `docs/errors.md`. */

import { CodedError } from '#shared/coded-error.ts';
import { closeCodeOf, PROTOCOL_ERROR_CODES } from '#shared/protocol/protocol-error.ts';

import { STATUS_OF_CODE } from './http/problem.ts';

/** Codes of errors that come from behind the protocol. */
const INNER_STREAM_CODES = ['unknown_keyword', 'odd_byte_count', 'kernel_out_of_memory', 'internal_error'];
/** Every `error.code` that a session can be told. */
export const STREAM_ERROR_CODES: readonly string[] = [...PROTOCOL_ERROR_CODES, ...INNER_STREAM_CODES];

/** What a code means to who gets it. */
interface ErrorRow {
  readonly code: string;
  readonly close: number | undefined;
  readonly status: number | undefined;
}

/** In alphabetical order. */
function errorRows(): readonly ErrorRow[] {
  const closes = new Map(STREAM_ERROR_CODES.map((code) => [code, closeCodeOf(new CodedError(code, ''))]));
  const statuses = new Map(Object.entries(STATUS_OF_CODE));
  const codes = [...new Set([...closes.keys(), ...statuses.keys()])].sort();
  return codes.map((code) => ({ code, close: closes.get(code), status: statuses.get(code) }));
}

/** The table as Markdown. */
export function errorsMarkdown(): string {
  const cell = (value: number | undefined): string => (value === undefined ? '' : String(value));
  return [
    '# Error codes of the stream service',
    '',
    'A session is told `error` with the code and a sentence, then closed; a request is answered with problem details (RFC 9457) that carry it.',
    'Of `kernel_out_of_memory`, `no_capacity`, `overloaded` and `too_many_sessions` a later try may fare better.',
    '',
    '| code | close of the socket | status of the answer |',
    '| --- | --- | --- |',
    ...errorRows().map(({ code, close, status }) => `| \`${code}\` | ${cell(close)} | ${cell(status)} |`),
    '',
    'What breaks the framing of the WebSocket itself (RFC 6455) ends without an `error`, by the close alone: 1002 for a frame that may not be',
    '(`broken_frame` among the metrics), 1007 for text that is not UTF-8 (`invalid_utf8`), 1008 for a message in too many parts',
    '(`too_many_parts`), 1009 for one of more than twice the size allowed (`message_too_big`).',
    '',
  ].join('\n');
}

/** Answers to what is no whole HTTP request, before any route: too slow, too long, or not HTTP at all. */

import { STATUS_CODES, type Server } from 'node:http';
import type { Duplex } from 'node:stream';

import type { CodedError } from '#shared/coded-error.ts';

import { HttpError, problemOf, PROBLEM_CONTENT_TYPE } from './problem.ts';

/** Sends problem details and ends the connection. */
export function refuse(socket: Duplex, error: CodedError): void {
  const problem = problemOf(error);
  const body = JSON.stringify(problem);
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
      `Content-Type: ${PROBLEM_CONTENT_TYPE}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
    () => socket.destroy(), // nothing more is read, and a late answer finds no connection
  );
}

/** Has a server answer what it cannot read; `onRefused` is told of each answer. */
export function answerBrokenRequests(server: Server, onRefused: (error: HttpError) => void): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const fault = faultOf(error);
    onRefused(fault);
    refuse(socket, fault);
  });
}

function faultOf({ code, message }: NodeJS.ErrnoException): HttpError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new HttpError('request_timeout', 'the request did not come in time');
  if (code === 'HPE_HEADER_OVERFLOW') return new HttpError('headers_too_large', 'the headers are too long');
  return new HttpError('malformed_request', `this is no HTTP request: ${message}`);
}

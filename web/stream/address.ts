/** Where a service is: from what a person writes to the addresses of its API. */

import { STREAM_PATH } from '#shared/protocol/messages.ts';
import { StreamError } from '#shared/client/stream-error.ts';

/**
 * Reads a service's address; only its origin counts.
 *
 * @param own - in force where nothing is written
 * @throws {StreamError} `bad_server_address`
 */
export function serverAddress(written: string, own: string): URL {
  if (written === '') return new URL(own);
  if (URL.canParse(written) && /^https?:/.test(written)) return new URL(written);
  throw new StreamError('bad_server_address', `“${written}” is no address of a server; one looks like https://keywords.example.`);
}

/** The WebSocket of a service. */
export function streamUrl(server: URL): string {
  const url = new URL(STREAM_PATH, server);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

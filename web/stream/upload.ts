/** Asks the service about a whole recording. */

import { DETECT_PATH, DetectAnswerSchema, type DetectAnswer } from '#shared/protocol/messages.ts';
import { requestJson } from './problem.ts';

export interface DetectOptions {
  /** One of several that the service serves; its first one where absent. */
  readonly model?: string | undefined;
  /** For services that want one. */
  readonly token?: string | undefined;
  /** How many labels to rank. */
  readonly top?: number;
}

/**
 * Uploads a WAV file.
 *
 * @param server - the service's address; only its origin counts
 * @throws {StreamError} `server_unreachable`, `bad_server_message`, or the server's own code
 */
export function detectKeyword(server: URL | string, wav: Blob, { model, token, top = 5 }: DetectOptions = {}): Promise<DetectAnswer> {
  const url = new URL(DETECT_PATH, server);
  url.searchParams.set('top', String(top));
  if (model !== undefined) url.searchParams.set('model', model);
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return requestJson(DetectAnswerSchema, url, { method: 'POST', headers: { 'content-type': 'audio/wav', ...authorization }, body: wav });
}

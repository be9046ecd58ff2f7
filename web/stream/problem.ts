/** Requests to the service's HTTP side: an answer that fits its schema, or an error with a code and a sentence. */

import { ProblemSchema } from '#shared/protocol/messages.ts';
import { STREAM_ERROR_CODE, StreamError, unreachable } from '#shared/client/stream-error.ts';

/** Such as zod's `safeParse`. */
interface AnswerSchema<Answer> {
  safeParse(json: unknown): { readonly data?: Answer | undefined };
}

/**
 * Fetches and checks a JSON answer.
 *
 * @throws {StreamError} `server_unreachable`, `bad_server_message`, or the code of the server's problem details
 */
export async function requestJson<Answer>(schema: AnswerSchema<Answer>, url: URL, init?: RequestInit): Promise<Answer> {
  const response = await reach(url, init);
  const json = await readJson(response);
  if (!response.ok) throw toStreamError(json, response.status);
  const { data } = schema.safeParse(json);
  if (data === undefined)
    throw new StreamError(STREAM_ERROR_CODE.badMessage, 'The server sent an answer that this page does not understand.');
  return data;
}

async function reach(url: URL, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw unreachable(error);
  }
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined; // such as a proxy's HTML: no schema accepts it
  }
}

function toStreamError(json: unknown, status: number): StreamError {
  const { data: problem } = ProblemSchema.safeParse(json);
  if (problem) return new StreamError(problem.code, problem.detail);
  return new StreamError(STREAM_ERROR_CODE.badMessage, `The server answered with status ${status}.`);
}

/** Uploads a file as a client would. */

import { DETECT_PATH, DetectAnswerSchema, ProblemSchema, type DetectAnswer, type Problem } from '#shared/protocol/messages.ts';

import { assertDescribedAnswer } from './described.ts';

/** Uploads a body that is to be answered. */
export async function upload(url: string, file: Uint8Array<ArrayBuffer>, query = ''): Promise<DetectAnswer> {
  const response = await post(url, file, query);
  if (!response.ok) throw new Error(`the upload was answered ${response.status}: ${await response.text()}`);
  const answer: unknown = await response.json();
  assertDescribedAnswer(response, answer);
  return DetectAnswerSchema.parse(answer);
}

/** Uploads a body that is to be refused. */
export async function uploadRefused(url: string, file: Uint8Array<ArrayBuffer>, query = ''): Promise<Problem> {
  return problemOf(await post(url, file, query));
}

/** Reads problem details, and holds them to their status, their media type and the description. */
export async function problemOf(response: Response): Promise<Problem> {
  const problem = ProblemSchema.parse(await response.json());
  assertDescribedAnswer(response, problem);
  const mediaType = response.headers.get('content-type');
  if (problem.status !== response.status || mediaType !== 'application/problem+json') {
    throw new Error(`problem ${problem.status} came with status ${response.status} as ${mediaType}`);
  }
  return problem;
}

function post(url: string, file: Uint8Array<ArrayBuffer>, query: string): Promise<Response> {
  return fetch(`${url}${DETECT_PATH}${query}`, { method: 'POST', headers: { 'content-type': 'audio/wav' }, body: file });
}

/** Requests to an MLflow server: time-outs, retries with back-off, and answers checked against a schema. */

import pRetry from 'p-retry';
import { z } from 'zod';

import { TrackingError } from './tracking-error.ts';

export interface MlflowConnection {
  /** Root of the server, `https://host[:port][/prefix]`, without credentials. */
  readonly uri: string;
  /** Value of the `Authorization` header. */
  readonly authorization?: string | undefined;
  readonly requestTimeoutMs: number;
  /** Tries after the first one; 0 gives up at once. */
  readonly retries: number;
}

/** One request. `json` or `body`, not both. */
export interface MlflowRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below the root, as `/api/2.0/mlflow/runs/get`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly body?: Blob;
  /** Instead of the connection's own, for uploads. */
  readonly timeoutMs?: number;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 8000;
const TOO_MANY_REQUESTS = 429;
const NOT_FOUND = 404;
const SERVER_FAULTS = 500;
const NOT_IMPLEMENTED = 501;
/** What of an answer that is not understood goes into a message. */
const QUOTED_CHARACTERS = 300;

const FaultSchema = z.object({ error_code: z.string(), message: z.string().default('') });

/** The answer to a request, as JSON. @throws {TrackingError} */
export async function requestJson<T>(connection: MlflowConnection, request: MlflowRequest, schema: z.ZodType<T>): Promise<T> {
  const text = await withRetries(connection, async () => (await sendOnce(connection, request)).text());
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new TrackingError('tracking_answer_invalid', `${request.path} of ${connection.uri} answered ${quote(text)}`);
}

/** Sends a request whose answer does not matter, only that it is one of success. @throws {TrackingError} */
export async function request(connection: MlflowConnection, what: MlflowRequest): Promise<void> {
  await withRetries(connection, async () => {
    await (await sendOnce(connection, what)).arrayBuffer(); // read to its end, so that the socket is free again
  });
}

/** Tries again, ever more slowly, as long as what went wrong may pass. */
export async function withRetries<T>({ retries }: MlflowConnection, attempt: () => Promise<T>): Promise<T> {
  return pRetry(attempt, {
    retries,
    minTimeout: FIRST_WAIT_MS,
    maxTimeout: LONGEST_WAIT_MS,
    randomize: true,
    shouldRetry: ({ error }) => error instanceof TrackingError && error.isTransient,
  });
}

/** Sends to any address; what is not a success becomes an error. @throws {TrackingError} */
export async function fetchOnce(url: URL, init: RequestInit, timeoutMs: number): Promise<Response> {
  const shown = `${init.method ?? 'GET'} ${url.origin}${url.pathname}`;
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) }).catch((cause: unknown) => {
    throw new TrackingError('tracking_unreachable', `${shown} got no answer within ${timeoutMs} ms: ${reasonOf(cause)}`, { cause });
  });
  if (response.ok) return response;
  throw refusal(shown, response.status, await response.text().catch(() => ''));
}

function sendOnce(connection: MlflowConnection, { method, path, query, json, body, timeoutMs }: MlflowRequest): Promise<Response> {
  const url = new URL(connection.uri.replace(/\/$/, '') + path);
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
  const headers = {
    ...(json !== undefined && { 'content-type': 'application/json' }),
    ...(body && { 'content-type': 'application/octet-stream' }),
    ...(connection.authorization !== undefined && { authorization: connection.authorization }),
  };
  const content = json === undefined ? body : JSON.stringify(json);
  return fetchOnce(url, { method, headers, ...(content !== undefined && { body: content }) }, timeoutMs ?? connection.requestTimeoutMs);
}

function refusal(shown: string, status: number, text: string): TrackingError {
  const fault = FaultSchema.safeParse(parseJson(text)).data;
  const message = `${shown} was answered ${status} ${fault ? `${fault.error_code}: ${fault.message}` : quote(text)}`;
  const isTransient = status === TOO_MANY_REQUESTS || (status >= SERVER_FAULTS && status !== NOT_IMPLEMENTED);
  if (isTransient) return new TrackingError('tracking_unreachable', message);
  return new TrackingError(status === NOT_FOUND ? 'tracking_not_found' : 'tracking_refused', message);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not JSON: no schema takes it, and the message quotes it
  }
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, QUOTED_CHARACTERS));
}

/** `fetch` says only "fetch failed"; the reason is its cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}

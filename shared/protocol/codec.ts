/** Text frames to typed messages and back. Everything that comes in passes here once, and is trusted behind. */

import { z } from 'zod';

import {
  ConfigureSchema,
  FeedbackSchema,
  ServerMessageSchema,
  StartSchema,
  StopSchema,
  type ClientMessage,
  type ServerMessage,
} from './messages.ts';
import { ProtocolError, type ProtocolErrorCode } from './protocol-error.ts';

const CLIENT_SCHEMAS = { start: StartSchema, configure: ConfigureSchema, feedback: FeedbackSchema, stop: StopSchema } as const;

/** No message of the protocol goes deeper than 2. */
export const DEFAULT_MAX_JSON_DEPTH = 8;

/**
 * Reads a text frame from a client.
 *
 * @param maxDepth - how far brackets may be nested; deeper text is refused before it is parsed
 * @throws {ProtocolError} `json_too_deep`, `malformed_json`, `unknown_type`, `invalid_start`, `invalid_configure`, `invalid_feedback`, `invalid_stop`
 */
export function parseClientMessage(text: string, maxDepth = DEFAULT_MAX_JSON_DEPTH): ClientMessage {
  if (depthOf(text) > maxDepth) throw new ProtocolError('json_too_deep', `a message may be nested ${maxDepth} deep`);
  const json = parseJson(text);
  const type = typeOf(json);
  if (type === undefined || !isClientType(type)) throw unknownType(type, Object.keys(CLIENT_SCHEMAS));
  return validated<ClientMessage>(CLIENT_SCHEMAS[type], json, `invalid_${type}`);
}

/**
 * Reads a text frame from the server.
 *
 * @throws {ProtocolError} `malformed_json`, `unknown_type` (which also says that a known message does not fit)
 */
export function parseServerMessage(text: string): ServerMessage {
  return validated(ServerMessageSchema, parseJson(text), 'unknown_type');
}

/** Writes a message as a text frame. */
export function serialise(message: ClientMessage | ServerMessage): string {
  return JSON.stringify(message);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProtocolError('malformed_json', 'a text frame must hold one JSON object', { cause: error });
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = [0x5b, 0x7b];
const CLOSING = [0x5d, 0x7d];

/** How deep brackets outside of strings are nested; of text that is not JSON, some number. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (isInString && code === BACKSLASH) i++;
    else if (code === QUOTE) isInString = !isInString;
    else if (!isInString && OPENING.includes(code)) deepest = Math.max(deepest, ++depth);
    else if (!isInString && CLOSING.includes(code)) depth--;
  }
  return deepest;
}

function typeOf(json: unknown): string | undefined {
  return z.object({ type: z.string() }).safeParse(json).data?.type;
}

function isClientType(type: string): type is keyof typeof CLIENT_SCHEMAS {
  return Object.hasOwn(CLIENT_SCHEMAS, type);
}

const MAX_QUOTED_CHARACTERS = 40;
/** Who sends ten thousand faults is not sent as many sentences. */
const MAX_FAULTS_TOLD = 5;
const MAX_SENTENCE_CHARACTERS = 1000;

function unknownType(type: string | undefined, known: readonly string[]): ProtocolError {
  const found = type === undefined ? 'none' : JSON.stringify(type.slice(0, MAX_QUOTED_CHARACTERS));
  return new ProtocolError('unknown_type', `a message needs a "type" out of ${known.join(', ')}; found ${found}`);
}

function validated<Message>(schema: z.ZodType<Message>, json: unknown, code: ProtocolErrorCode): Message {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, MAX_FAULTS_TOLD).map(({ path, message }) => `${path.join('.') || 'message'}: ${message}`);
  throw new ProtocolError(code, faults.join('; ').slice(0, MAX_SENTENCE_CHARACTERS));
}

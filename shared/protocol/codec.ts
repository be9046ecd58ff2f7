/** Text frames to typed messages and back. Everything that comes in passes here once, and is trusted behind. */

import { z } from 'zod';

import { ConfigureSchema, ServerMessageSchema, StartSchema, StopSchema, type ClientMessage, type ServerMessage } from './messages.ts';
import { ProtocolError, type ProtocolErrorCode } from './protocol-error.ts';

const CLIENT_SCHEMAS = { start: StartSchema, configure: ConfigureSchema, stop: StopSchema } as const;

/**
 * Reads a text frame from a client.
 *
 * @throws {ProtocolError} `malformed_json`, `unknown_type`, `invalid_start`, `invalid_configure`, `invalid_stop`
 */
export function parseClientMessage(text: string): ClientMessage {
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

function typeOf(json: unknown): string | undefined {
  return z.object({ type: z.string() }).safeParse(json).data?.type;
}

function isClientType(type: string): type is keyof typeof CLIENT_SCHEMAS {
  return Object.hasOwn(CLIENT_SCHEMAS, type);
}

const MAX_QUOTED_CHARACTERS = 40;

function unknownType(type: string | undefined, known: readonly string[]): ProtocolError {
  const found = type === undefined ? 'none' : JSON.stringify(type.slice(0, MAX_QUOTED_CHARACTERS));
  return new ProtocolError('unknown_type', `a message needs a "type" out of ${known.join(', ')}; found ${found}`);
}

function validated<Message>(schema: z.ZodType<Message>, json: unknown, code: ProtocolErrorCode): Message {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'message'}: ${message}`);
  throw new ProtocolError(code, faults.join('; '));
}

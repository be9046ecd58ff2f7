/** The WebSocket as an AsyncAPI 3 document (https://www.asyncapi.com/docs/reference/specification/v3.0.0), from the schemas that validate it. */

import { CodedError } from '#shared/coded-error.ts';
import { CLOSE_CODE } from '#shared/protocol/close-codes.ts';
import {
  ClientMessageSchema,
  MAX_FRAME_BYTES,
  ModelSummarySchema,
  PROTOCOL_VERSION,
  ServerMessageSchema,
  STREAM_PATH,
  SUBPROTOCOL,
} from '#shared/protocol/messages.ts';
import { closeCodeOf } from '#shared/protocol/protocol-error.ts';

import { STREAM_ERROR_CODES } from '../errors-table.ts';
import { componentSchemas, refTo, type JsonSchema } from './json-schemas.ts';

/** Binary frames have no `type` of their own. */
const AUDIO = 'audio';

type ByType = Readonly<Record<string, (typeof ClientMessageSchema.options)[number] | (typeof ServerMessageSchema.options)[number]>>;

const CLIENT_MESSAGES: ByType = Object.fromEntries(ClientMessageSchema.options.map((schema) => [schema.shape.type.value, schema]));
const SERVER_MESSAGES: ByType = Object.fromEntries(ServerMessageSchema.options.map((schema) => [schema.shape.type.value, schema]));

export type AsyncApiDocument = ReturnType<typeof asyncApiDocument>;

/** The whole document. The operations are the service's: it receives what clients send. */
export function asyncApiDocument() {
  const types = { received: [...Object.keys(CLIENT_MESSAGES), AUDIO], sent: Object.keys(SERVER_MESSAGES) };
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Keyword spotting over a WebSocket',
      version: `${PROTOCOL_VERSION}.0.0`,
      description:
        `Text frames hold one JSON object with a \`type\`, binary frames hold PCM as \`start\` said, whole samples, at most ` +
        `${MAX_FRAME_BYTES} bytes. A session is awaiting start, streaming, finishing, closed: \`start\` comes first, audio and ` +
        `\`configure\` follow, \`stop\` asks for what is due and is answered \`end\`.`,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: { here: { host: '127.0.0.1:8080', protocol: 'ws', description: 'The service on this machine, as it starts by default.' } },
    channels: { stream: channelOf([...types.received, ...types.sent]) },
    operations: {
      hear: { action: 'receive', channel: { $ref: '#/channels/stream' }, messages: types.received.map(messageOfChannel) },
      tell: { action: 'send', channel: { $ref: '#/channels/stream' }, messages: types.sent.map(messageOfChannel) },
    },
    components: {
      messages: Object.fromEntries([...types.received, ...types.sent].map((type) => [type, messageOf(type)])),
      schemas: componentSchemas({ ...CLIENT_MESSAGES, ...SERVER_MESSAGES, modelSummary: ModelSummarySchema }),
    },
    'x-close-codes': closeCodes(),
  };
}

function channelOf(types: readonly string[]) {
  const headers = {
    type: 'object',
    properties: {
      'Sec-WebSocket-Protocol': { type: 'string', description: `\`${SUBPROTOCOL}\`; \`kws.token.TOKEN\` beside it may bring a token.` },
      Authorization: { type: 'string', description: '`Bearer TOKEN`, where the service is configured to need one.' },
    },
  };
  return {
    address: STREAM_PATH,
    messages: Object.fromEntries(types.map((type) => [type, { $ref: `#/components/messages/${type}` }])),
    bindings: { ws: { method: 'GET', headers } },
  };
}

function messageOfChannel(type: string) {
  return { $ref: `#/channels/stream/messages/${type}` };
}

function messageOf(type: string): { readonly name: string; readonly contentType?: string; readonly payload: JsonSchema } {
  if (type !== AUDIO) return { name: type, payload: refTo(type) };
  const payload: JsonSchema = {
    type: 'string',
    format: 'binary',
    description: 'Little-endian, interleaved; in the encoding that `start` named.',
  };
  return { name: type, contentType: 'application/octet-stream', payload };
}

/** Which close code follows which `error.code`; by close code. */
function closeCodes() {
  return Object.entries(CLOSE_CODE).map(([name, code]) => ({
    code,
    name,
    errors: STREAM_ERROR_CODES.filter((errorCode) => closeCodeOf(new CodedError(errorCode, '')) === code),
  }));
}

/** How `ws` is to read frames: what it refuses by itself, before a session sees it. */

import type { ServerOptions } from 'ws';

import type { Limits } from '../config.ts';

/** How long a client has to answer a close. */
const CLOSE_TIMEOUT_MS = 5000;
/** Up to so many times the limit a frame is taken in, so that its sender can be told; ws ends what is longer without a word. */
const FRAME_MARGIN = 2;

/** The options of a server that others give its sockets; some that @types/ws does not know are among them. */
export function socketOptions({ maxMessageBytes, maxMessageParts }: Pick<Limits, 'maxMessageBytes' | 'maxMessageParts'>): ServerOptions {
  const unknownToTypes = { maxFragments: maxMessageParts, maxBufferedChunks: maxMessageParts, closeTimeout: CLOSE_TIMEOUT_MS };
  return {
    noServer: true,
    maxPayload: FRAME_MARGIN * maxMessageBytes,
    perMessageDeflate: false,
    autoPong: false, // a pong is a message that may lie unread
    clientTracking: false,
    ...unknownToTypes,
  };
}

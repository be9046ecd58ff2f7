/** A WebSocket server that does what a test says: for what our own server never does. */

import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';

import { SUBPROTOCOL, type ServerMessage } from '#shared/protocol/messages.ts';
import type { ClientSocket, ConnectOptions } from '#shared/client/stream-client.ts';
import type { EndMessage, ReadyMessage } from '#shared/client/session.ts';

export const READY: ReadyMessage = {
  type: 'ready',
  session: 'session-1',
  protocol: 1,
  model: { name: 'default', version: '1', digest: 'd', labels: ['yes', '_unknown_'], keywords: ['yes'] },
  windowSamples: 16_000,
  strideSamples: 1280,
};
export const END: EndMessage = { type: 'end', samples: 0, windows: 0, keywords: 0 };

/** One client's connection, as the script sees it. */
export interface Peer {
  readonly socket: WebSocket;
  say(message: ServerMessage): void;
}

/** What the server does with each frame; `json` is set for text frames. */
export type Script = (peer: Peer, frame: { readonly json?: { readonly type: string }; readonly bytes?: Buffer }) => void;

/** Says `ready` to `start` and `end` to `stop`. */
export const POLITE: Script = (peer, { json }) => {
  if (json?.type === 'start') peer.say(READY);
  if (json?.type === 'stop') peer.say(END);
};

export interface ScriptedServer {
  readonly connection: Pick<ConnectOptions, 'url' | 'start' | 'openSocket'>;
  /** Closed by the test's end anyway. */
  close(): Promise<void>;
}

/** Starts on a free port of loopback; ends with the test. */
export async function startScriptedServer(script: Script): Promise<ScriptedServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: (offered) => offered.has(SUBPROTOCOL) && SUBPROTOCOL });
  server.on('connection', (socket) => {
    const peer: Peer = { socket, say: (message) => socket.send(JSON.stringify(message)) };
    socket.on('message', (data: Buffer, isBinary) => script(peer, isBinary ? { bytes: data } : { json: parseFrame(data) }));
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      for (const client of server.clients) client.terminate();
      server.close(() => resolve());
    });
  onTestFinished(close);
  const { port } = server.address() as AddressInfo;
  return {
    connection: { url: `ws://127.0.0.1:${port}/v1/stream`, start: { sampleRate: 16_000, encoding: 'pcm_s16le', channels: 1 }, openSocket },
    close,
  };
}

function parseFrame(data: Buffer): { readonly type: string } {
  return z.looseObject({ type: z.string() }).parse(JSON.parse(data.toString()));
}

/** A socket of `ws`, since Node 20 has none of its own. */
export function openSocket(url: string, protocol: string): ClientSocket {
  return new WebSocket(url, protocol);
}

/** An echo, as the Autobahn test-suite wants one, on sockets that are set as the service's are. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { WebSocketServer, type WebSocket } from 'ws';

import { readSettings } from '../../services/stream/config.ts';
import { socketOptions } from '../../services/stream/ws/socket-options.ts';

/** A running echo. */
export interface EchoServer {
  readonly url: string;
  close(): void;
}

/** Starts it on any free port. */
export async function startEchoServer(): Promise<EchoServer> {
  const http = createServer();
  const sockets = new WebSocketServer(socketOptions(readSettings({}, '/nowhere').limits));
  http.on('upgrade', (request, socket, head) => sockets.handleUpgrade(request, socket, head, echo));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return { url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`, close: () => void http.close() };
}

function echo(webSocket: WebSocket): void {
  webSocket.on('error', () => undefined); // ws closes it by itself
  webSocket.on('message', (data: Buffer, isBinary) => webSocket.send(data, { binary: isBinary }));
  webSocket.on('ping', (data: Buffer) => {
    if (webSocket.readyState === webSocket.OPEN) webSocket.pong(data);
  });
}

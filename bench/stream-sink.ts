/** A server that hears nothing: answers each chunk at once, to show what the load generator and the sockets alone can do. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { WebSocketServer } from 'ws';

import { parseClientMessage, serialise } from '#shared/protocol/codec.ts';

const BYTES_PER_SAMPLE = 2;
const LABELS = 25;
const MODEL = { name: 'sink', version: '0', digest: '', labels: [], keywords: [] };
const VALUES = Array.from({ length: LABELS }, () => 1 / LABELS);

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
server.on('connection', (socket) => {
  let samples = 0;
  let sendsPosteriors = false;
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) {
      samples += data.length / BYTES_PER_SAMPLE;
      if (sendsPosteriors) socket.send(serialise({ type: 'posteriors', endSample: samples, values: VALUES }));
      return;
    }
    const message = parseClientMessage(data.toString('utf8'));
    if (message.type === 'start') {
      sendsPosteriors = message.posteriors === true;
      socket.send(serialise({ type: 'ready', session: 'sink', protocol: 1, model: MODEL, windowSamples: 0, strideSamples: 0 }));
    }
    if (message.type === 'stop') {
      socket.send(serialise({ type: 'end', samples, windows: 0, keywords: 0 }));
      socket.close(1000);
    }
  });
});
await once(server, 'listening');
process.stdout.write(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);

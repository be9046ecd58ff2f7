/** A server that accepts and says nothing costs no more than one socket at a time. */

import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';

import { NatsLink } from '../../../../services/stream/models/nats-link.ts';

test('a NATS server that takes connections and never speaks sees each of them closed again', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const arrived = once(server, 'connection') as Promise<[Socket]>;
  const log = pino({ level: 'silent' });
  const url = `nats://127.0.0.1:${port}`;

  const link = await NatsLink.open({ url, credentialsFile: undefined, clientName: 'test', log, onConnected: () => undefined });
  onTestFinished(() => link.close());
  const [socket] = await arrived;
  socket.resume();
  await once(socket, 'close');

  expect(link.connection).toBeUndefined();
});

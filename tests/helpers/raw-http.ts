/** Bytes on a TCP connection, whatever they mean, and what a server says to them. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { ProblemSchema, type Problem } from '#shared/protocol/messages.ts';

/** Opens a connection to a server. */
export async function connectRaw(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined); // a reset is one way to end
  await once(socket, 'connect');
  return socket;
}

/** Sends text, waits for the end, and reads the problem details that came. */
export async function problemFor(url: string, text: string): Promise<Problem> {
  const socket = await connectRaw(url);
  socket.write(text);
  let answer = '';
  socket.on('data', (data: Buffer) => (answer += data.toString('utf8')));
  await once(socket, 'close');
  const [head = '', rest = ''] = answer.split('\r\n\r\n', 2);
  const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1]);
  return ProblemSchema.parse(JSON.parse(rest.slice(0, length)));
}

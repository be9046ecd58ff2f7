/**
 * Closes sockets whose server takes the connection and never says a word, such as a frozen NATS. The library gives up on them and forgets
 * them (nats.js 2.29, `NodeTransport.peekInfo`): one more would stay open with every try, and keep a stopped process from ending.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** Of whoever opens the socket. */
const limits = new AsyncLocalStorage<{ readonly silenceMs: number }>();
let isSubscribed = false;

/** Runs `act`; sockets that it opens, now or later, are closed when nothing has come in for so long. */
export function withSilenceLimit<Result>(silenceMs: number, act: () => Result): Result {
  if (!isSubscribed) subscribe('net.client.socket', (message) => limit((message as { readonly socket: Socket }).socket)); // as Node has it
  isSubscribed = true;
  return limits.run({ silenceMs }, act);
}

/** No listener: the library removes all there are. */
function limit(socket: Socket): void {
  const store = limits.getStore();
  if (!store) return;
  setTimeout(() => {
    if (socket.bytesRead === 0) socket.destroy();
  }, store.silenceMs).unref();
}

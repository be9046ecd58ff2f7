/** A bad line in user space: carries connections to a port, late, slowly, not at all for a while, or cuts them. */

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What the line does to all that passes from now on. */
export interface Line {
  /** Each piece's time on the way: so much, more or less. */
  readonly delayMs: number;
  readonly jitterMs: number;
  /** Each way, of each connection. */
  readonly bytesPerSecond: number;
}

export const GOOD_LINE: Line = { delayMs: 0, jitterMs: 0, bytesPerSecond: Infinity };
/** On the way at once, each way of a connection; then nothing more is read. */
const MAX_QUEUED_BYTES = 256 * 1024;

interface Connection {
  readonly client: Socket;
  readonly service: Socket;
}

/** Listens on loopback. */
export class Relay {
  readonly url: string;
  line = GOOD_LINE;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #isStalled = false;

  constructor(server: Server, targetPort: number) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
    server.on('connection', (client) => this.#carry(client, targetPort));
  }

  static async start(targetUrl: string): Promise<Relay> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Relay(server, Number(new URL(targetUrl).port));
  }

  /** Stops carrying without closing anything, as a network does that is gone for a while. */
  stall(): void {
    this.#isStalled = true;
    for (const socket of this.#sockets()) socket.pause();
  }

  goOn(): void {
    this.#isStalled = false;
    for (const socket of this.#sockets()) socket.resume();
  }

  /** Cuts every other connection, both ways and without a word. @returns how many */
  cutHalf(): number {
    const cut = [...this.#connections].filter((_, i) => i % 2 === 0);
    for (const { client, service } of cut) {
      client.resetAndDestroy();
      service.resetAndDestroy();
    }
    return cut.length;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets()) socket.destroy();
  }

  #sockets(): Socket[] {
    return [...this.#connections].flatMap(({ client, service }) => [client, service]);
  }

  #carry(client: Socket, targetPort: number): void {
    const service = connect(targetPort, '127.0.0.1');
    const connection = { client, service };
    this.#connections.add(connection);
    this.#pass(client, service);
    this.#pass(service, client);
    for (const [socket, other] of [
      [client, service],
      [service, client],
    ] as const) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined); // its close follows
      socket.on('close', () => {
        this.#connections.delete(connection);
        other.destroySoon();
      });
    }
  }

  /** One way of a connection; pieces keep their order. */
  #pass(from: Socket, to: Socket): void {
    let [queuedBytes, freeAtMs, lastDueMs] = [0, 0, 0];
    from.on('data', (piece: Buffer) => {
      const nowMs = performance.now();
      const { delayMs, jitterMs, bytesPerSecond } = this.line;
      freeAtMs = Math.max(freeAtMs, nowMs) + (1000 * piece.length) / bytesPerSecond;
      lastDueMs = Math.max(lastDueMs, freeAtMs + delayMs + jitterMs * (2 * Math.random() - 1));
      queuedBytes += piece.length;
      if (queuedBytes > MAX_QUEUED_BYTES) from.pause();
      setTimeout(
        () => {
          queuedBytes -= piece.length;
          to.write(piece);
          if (queuedBytes <= MAX_QUEUED_BYTES && !this.#isStalled) from.resume();
        },
        Math.max(0, lastDueMs - nowMs),
      );
    });
    from.on('end', () => setTimeout(() => to.end(), Math.max(0, lastDueMs - performance.now() + 1)));
    if (this.#isStalled) from.pause();
  }
}

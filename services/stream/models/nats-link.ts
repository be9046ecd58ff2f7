/** The connection to NATS: one a process, made anew for as long as it takes, whatever happened to the last one. */

import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

import { connect, credsAuthenticator, Events, type ConnectionOptions, type NatsConnection } from 'nats';
import type { Logger } from 'pino';

import { ConfigurationError } from '#shared/config/configuration-error.ts';

import { withSilenceLimit } from './silent-sockets.ts';

/** Between two tries, twice: at random up to so much longer, so that a fleet does not come at once. */
const RETRY_MS = 500;
const RETRY_JITTER_MS = 500;
/** For the first try at a server that does not answer. */
const CONNECT_TIMEOUT_MS = 2000;
/** For its first word, before its socket is closed: longer than the library waits. */
const SILENCE_MS = 2 * CONNECT_TIMEOUT_MS;
/** A server that answers two pings not, one after the other, is gone: after 9 s another is looked for. */
const PING_INTERVAL_MS = 3000;

export interface NatsSettings {
  /** `nats://` or `tls://`, with `user:password@` or `token@` if asked for; several separated by commas. */
  readonly url: string;
  /** A file as `nsc` writes it. */
  readonly credentialsFile: string | undefined;
}

export interface NatsLinkOptions extends NatsSettings {
  /** Shown by the server's monitoring. */
  readonly clientName: string;
  readonly log: Logger;
  readonly onConnected: (isConnected: boolean) => void;
}

/** Keeps trying until it is closed. */
export class NatsLink {
  readonly #options: NatsLinkOptions;
  readonly #connectionOptions: ConnectionOptions;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #running: Promise<void>;
  /** While it is up. */
  #connection: NatsConnection | undefined;
  /** Up, or being mended by its library. */
  #open: NatsConnection | undefined;

  constructor(connectionOptions: ConnectionOptions, options: NatsLinkOptions) {
    this.#options = options;
    this.#connectionOptions = connectionOptions;
    options.onConnected(false);
    this.#running = this.#run();
  }

  /**
   * Begins to connect.
   *
   * @throws {ConfigurationError} `invalid_configuration`
   */
  static async open(options: NatsLinkOptions): Promise<NatsLink> {
    return new NatsLink({ ...(await connectionOptionsOf(options)), name: options.clientName }, options);
  }

  /** The connection, if there is one and it has not broken. */
  get connection(): NatsConnection | undefined {
    return this.#connection;
  }

  /** Calls back whenever there is a connection after there was none. @returns what ends that */
  onConnect(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when there is a connection, or when aborted. */
  async connected(signal: AbortSignal): Promise<NatsConnection | undefined> {
    while (!this.#connection && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const unlisten = this.onConnect(done);
        signal.addEventListener('abort', done, { once: true });
        function done(): void {
          unlisten();
          signal.removeEventListener('abort', done);
          resolve();
        }
      });
    }
    return this.#connection;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#open?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let isFirstTry = true;
    while (!signal.aborted) {
      try {
        await this.#useOne(await withSilenceLimit(SILENCE_MS, () => connect(this.#connectionOptions)));
      } catch (error) {
        if (isFirstTry) this.#options.log.warn({ reason: String(error) }, 'NATS not reached; trying on');
        isFirstTry = false;
      }
      await wait(RETRY_MS + RETRY_JITTER_MS * Math.random(), undefined, { signal }).catch(() => undefined); // closed meanwhile
    }
  }

  /** Resolves when the connection is closed for good. */
  async #useOne(connection: NatsConnection): Promise<void> {
    if (this.#stop.signal.aborted) return connection.close();
    void this.#watch(connection); // the library does not end it where a connection is closed while it is being mended
    this.#open = connection;
    this.#set(connection);
    const error = await connection.closed();
    this.#open = undefined;
    this.#set(undefined);
    if (error) this.#options.log.warn({ reason: error.message }, 'NATS connection closed');
  }

  async #watch(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === Events.Disconnect) this.#set(undefined);
      if (type === Events.Reconnect) this.#set(connection);
    }
  }

  #set(connection: NatsConnection | undefined): void {
    if (connection === this.#connection) return;
    this.#connection = connection;
    this.#options.onConnected(connection !== undefined);
    if (!connection) return this.#options.log.warn('NATS connection lost');
    this.#options.log.info({ server: connection.getServer() }, 'NATS connected');
    for (const listener of [...this.#listeners]) listener();
  }
}

async function connectionOptionsOf({ url, credentialsFile }: NatsSettings): Promise<ConnectionOptions> {
  const urls = url.split(',').map(parseUrl);
  return {
    servers: urls.map(({ protocol, host }) => `${protocol}//${host}`),
    ...loginOf(urls[0]),
    ...(credentialsFile !== undefined && { authenticator: credsAuthenticator(await readCredentials(credentialsFile)) }),
    ...(urls.some(({ protocol }) => protocol === 'tls:') && { tls: {} }),
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true, // a password may be set right while we try
    reconnectTimeWait: RETRY_MS,
    reconnectJitter: RETRY_JITTER_MS,
    timeout: CONNECT_TIMEOUT_MS,
    pingInterval: PING_INTERVAL_MS,
  };
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (url && (url.protocol === 'nats:' || url.protocol === 'tls:') && url.host !== '') return url;
  throw new ConfigurationError('invalid_configuration', 'NATS_URL: expected nats://HOST:PORT or tls://HOST:PORT, separated by commas');
}

function loginOf(url: URL | undefined): Pick<ConnectionOptions, 'user' | 'pass' | 'token'> {
  if (!url || url.username === '') return {};
  const user = decodeURIComponent(url.username);
  return url.password === '' ? { token: user } : { user, pass: decodeURIComponent(url.password) };
}

async function readCredentials(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new ConfigurationError('invalid_configuration', `NATS_CREDENTIALS_FILE: ${file} cannot be read`, { cause: error });
  }
}

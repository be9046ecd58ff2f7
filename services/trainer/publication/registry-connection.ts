/** The trainer's connection to NATS: for one command, which fails when the server is away. */

import { readFile } from 'node:fs/promises';

import { connect, credsAuthenticator, NatsError, type Authenticator, type NatsConnection } from 'nats';

import { PublicationError } from './publication-error.ts';

const CONNECT_TIMEOUT_MS = 5000;
/**
 * A command that runs for hours outlives a server's restart: it tries for ten minutes or, where a server takes the connection and is
 * silent, an hour. Then it ends, and goes on where it was when it is started again. Not for ever: nats.js 2.29 leaves a socket open
 * with each try at a silent server.
 */
const RECONNECT_WAIT_MS = 1000;
const RECONNECT_TRIES = 600;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Connects to `NATS_URL` (`nats://[user:password@|token@]host[:port]`, several separated by commas), with the credentials of
 * `NATS_CREDENTIALS_FILE` if it is set.
 *
 * @throws {PublicationError} `registry_not_configured`, `registry_unreachable`
 */
export async function connectRegistry(environment: Environment): Promise<NatsConnection> {
  const named = environment['NATS_URL'] ?? '';
  if (named === '')
    throw new PublicationError('registry_not_configured', 'name the NATS server in NATS_URL, such as nats://127.0.0.1:4222');
  const urls = named.split(',').map(parseUrl);
  try {
    const authenticator = await credentials(environment['NATS_CREDENTIALS_FILE']);
    return await connect({
      servers: urls.map(({ protocol, host }) => `${protocol}//${host}`),
      name: 'kws-trainer',
      timeout: CONNECT_TIMEOUT_MS,
      maxReconnectAttempts: RECONNECT_TRIES,
      reconnectTimeWait: RECONNECT_WAIT_MS,
      ...loginOf(urls[0]),
      ...(urls.some(({ protocol }) => protocol === 'tls:') && { tls: {} }),
      ...(authenticator && { authenticator }),
    });
  } catch (cause) {
    const servers = urls.map(({ host }) => host).join(', ');
    throw new PublicationError('registry_unreachable', `NATS at ${servers} cannot be used: ${String(cause)}`, { cause });
  }
}

/** Tells what NATS did not do as a sentence; anything else is given back as it is. */
export function registryFault(error: unknown): unknown {
  if (!(error instanceof NatsError)) return error;
  const message = `NATS did not do what was asked: ${error.message}; try again when it is well`;
  return new PublicationError('registry_unreachable', message, { cause: error });
}

function parseUrl(text: string): URL {
  if (URL.canParse(text.trim()) && /^(nats|tls):/.test(text.trim())) return new URL(text.trim());
  throw new PublicationError('registry_not_configured', 'NATS_URL is not of the form nats://HOST:PORT or tls://HOST:PORT');
}

function loginOf(url: URL | undefined): { token?: string; user?: string; pass?: string } {
  if (!url || url.username === '') return {};
  const user = decodeURIComponent(url.username);
  return url.password === '' ? { token: user } : { user, pass: decodeURIComponent(url.password) };
}

async function credentials(file: string | undefined): Promise<Authenticator | undefined> {
  return file === undefined || file === '' ? undefined : credsAuthenticator(await readFile(file));
}

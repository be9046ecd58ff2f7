/** Tokens from a list, compared in a time that does not tell how much of one was right. */

import { createHash, timingSafeEqual } from 'node:crypto';

import { ConfigurationError } from '#shared/config/configuration-error.ts';

import type { Grant } from './grant.ts';

/** Shorter ones can be guessed. */
const MIN_TOKEN_CHARACTERS = 8;
const MAX_SPEED = 1000;

interface Entry {
  readonly digest: Buffer;
  readonly grant: Grant;
}

/** The tokens of `KWS_TOKENS`; only their digests are kept. */
export class StaticTokens {
  readonly #entries: readonly Entry[];

  /**
   * @param list - `TOKEN` or `TOKEN;speed=N`, separated by commas
   * @throws {ConfigurationError} `invalid_configuration`, without the token
   */
  constructor(list: string) {
    this.#entries = list
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '')
      .map(parseEntry);
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Compares with every token, whichever fits. */
  find(token: string): Grant | undefined {
    const digest = digestOf(token);
    let found: Grant | undefined;
    for (const entry of this.#entries) if (timingSafeEqual(entry.digest, digest)) found = entry.grant;
    return found;
  }
}

function parseEntry(text: string, index: number): Entry {
  const [token = '', ...options] = text.split(';');
  const subject = `token ${index + 1}`;
  if (token.length < MIN_TOKEN_CHARACTERS) throw invalid(`${subject} has fewer than ${MIN_TOKEN_CHARACTERS} characters`);
  const digest = digestOf(token);
  return { digest, grant: { subject, tenant: digest.toString('hex'), maxSpeed: speedOf(options, subject) } };
}

function speedOf(options: readonly string[], subject: string): number | undefined {
  const [option, ...others] = options;
  if (option === undefined) return undefined;
  const speed = Number(/^speed=(\d{1,4})$/.exec(option)?.[1]);
  if (others.length > 0 || !(speed >= 1 && speed <= MAX_SPEED)) {
    throw invalid(`after ${subject} only ;speed=N may stand, N from 1 to ${MAX_SPEED}`);
  }
  return speed;
}

function invalid(fault: string): ConfigurationError {
  return new ConfigurationError('invalid_configuration', `KWS_TOKENS: ${fault}`);
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** JSON Web Tokens, checked against a key set in a file. */

import { readFile } from 'node:fs/promises';

import { createLocalJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';

import { ConfigurationError } from '#shared/config/configuration-error.ts';

import type { Grant } from './grant.ts';

/** Signatures by private keys only: a key set in a file is often readable by more than its owner. */
const ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256', 'ES384', 'RS256', 'RS384', 'PS256'];

const KeySetSchema = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });
const ClaimsSchema = z.object({
  sub: z.string().max(256).default('jwt'),
  exp: z.number(),
  kws_max_speed: z.number().min(1).max(1000).optional(),
});

export interface JwtOptions {
  readonly file: string;
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
}

/** Tokens must have an `exp`; `kws_max_speed` allows audio faster than real time. */
export class JwtTokens {
  readonly #keys: JWTVerifyGetKey;
  readonly #options: JwtOptions;

  constructor(keys: JWTVerifyGetKey, options: JwtOptions) {
    this.#keys = keys;
    this.#options = options;
  }

  /** @throws {ConfigurationError} `invalid_configuration` */
  static async load(options: JwtOptions): Promise<JwtTokens> {
    try {
      const keySet = KeySetSchema.parse(JSON.parse(await readFile(options.file, 'utf8')));
      return new JwtTokens(createLocalJWKSet(keySet), options);
    } catch (error) {
      throw new ConfigurationError('invalid_configuration', `KWS_JWKS_FILE: ${options.file} holds no JSON Web Key Set`, { cause: error });
    }
  }

  /** @returns nothing if the token is not valid, or not any more */
  async find(token: string): Promise<Grant | undefined> {
    try {
      const { issuer, audience } = this.#options;
      const expectations = { ...(issuer !== undefined && { issuer }), ...(audience !== undefined && { audience }) };
      const { payload } = await jwtVerify(token, this.#keys, { algorithms: ALGORITHMS, requiredClaims: ['exp'], ...expectations });
      const claims = ClaimsSchema.safeParse(payload);
      if (!claims.success) return undefined;
      const { sub, exp, kws_max_speed: maxSpeed } = claims.data;
      return { subject: sub, tenant: JSON.stringify([payload.iss, sub]), maxSpeed, expiresAtMs: exp * 1000 };
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }
}

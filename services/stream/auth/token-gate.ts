/** Decides by its token whether a client may come in. */

import { ProtocolError } from '#shared/protocol/protocol-error.ts';

import type { AccessSettings } from '../config.ts';
import { ANYONE, type Grant } from './grant.ts';
import { JwtTokens } from './jwt-tokens.ts';
import { StaticTokens } from './static-tokens.ts';

type Policy = 'open' | 'tokens' | 'closed';

/** Open, by token, or closed to all. */
export class TokenGate {
  readonly policy: Policy;
  readonly #statics: StaticTokens;
  readonly #jwts: JwtTokens | undefined;

  constructor(policy: Policy, statics: StaticTokens, jwts: JwtTokens | undefined) {
    this.policy = policy;
    this.#statics = statics;
    this.#jwts = jwts;
  }

  /** @throws {ConfigurationError} `invalid_configuration` */
  static async create({ isOpen, isLoopback, tokens, jwksFile, jwtIssuer, jwtAudience }: AccessSettings): Promise<TokenGate> {
    const statics = new StaticTokens(tokens ?? '');
    const jwts = jwksFile === undefined ? undefined : await JwtTokens.load({ file: jwksFile, issuer: jwtIssuer, audience: jwtAudience });
    const hasTokens = !statics.isEmpty || jwts !== undefined;
    const policyWithoutTokens = isLoopback ? 'open' : 'closed';
    return new TokenGate(isOpen ? 'open' : hasTokens ? 'tokens' : policyWithoutTokens, statics, jwts);
  }

  /**
   * Lets a client in, at once where no signature is to be checked.
   *
   * @throws {ProtocolError} `unauthorized`; a promise of a grant rejects with it
   */
  admit(token: string | undefined): Grant | Promise<Grant> {
    const known = token === undefined ? undefined : this.#statics.find(token);
    if (known) return known;
    if (this.policy === 'open') return ANYONE;
    if (this.policy === 'closed') {
      throw new ProtocolError(
        'unauthorized',
        'nobody may come in: the service listens beyond this machine and has no tokens; its operator can set KWS_TOKENS or KWS_JWKS_FILE, or KWS_AUTH=open to let anyone in',
      );
    }
    if (token === undefined)
      throw new ProtocolError('unauthorized', 'a token is needed: in the Authorization header, as sub-protocol, or in start');
    if (!this.#jwts) throw unknownToken();
    return this.#admitJwt(token, this.#jwts);
  }

  async #admitJwt(token: string, jwts: JwtTokens): Promise<Grant> {
    const grant = await jwts.find(token);
    if (!grant) throw unknownToken();
    return grant;
  }
}

function unknownToken(): ProtocolError {
  return new ProtocolError('unauthorized', 'the token is not known, or not valid any more');
}

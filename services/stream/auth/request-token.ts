/** Where a request carries its token. */

/** Browsers can set no header on a socket, but sub-protocols: `kws.token.TOKEN` beside `kws.v1`. */
export const TOKEN_SUBPROTOCOL_PREFIX = 'kws.token.';
const BEARER = /^Bearer +(\S+) *$/i;

export interface TokenHeaders {
  readonly authorization?: string | undefined;
  readonly 'sec-websocket-protocol'?: string | undefined;
}

/** The token in the header, or else among the sub-protocols. */
export function tokenOf({ authorization, 'sec-websocket-protocol': subprotocols = '' }: TokenHeaders): string | undefined {
  const bearer = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
  if (bearer !== undefined) return bearer;
  const subprotocol = subprotocols.split(',').find((name) => name.trim().startsWith(TOKEN_SUBPROTOCOL_PREFIX));
  return subprotocol?.trim().slice(TOKEN_SUBPROTOCOL_PREFIX.length);
}

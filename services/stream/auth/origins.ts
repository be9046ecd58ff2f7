/** Which pages may come in: browsers say where a page comes from, and let any page open a socket anywhere. */

import { ProtocolError } from '#shared/protocol/protocol-error.ts';

import { isLoopbackName, type AccessSettings } from '../config.ts';

const ANY = '*';

/** What a request says of itself. */
export interface OriginHeaders {
  readonly origin?: string | undefined;
  readonly host?: string | undefined;
}

/**
 * Whether a page may come in. Without a list: the service's own pages; on loopback those of loopback, whatever `Host` says, as a
 * name that anyone owns can point to this machine (DNS rebinding). What sends no origin is no page.
 */
export function isOriginAllowed({ origin, host }: OriginHeaders, { allowedOrigins, isLoopback }: OriginSettings): boolean {
  if (origin === undefined || allowedOrigins.includes(ANY)) return true;
  if (allowedOrigins.length > 0) return allowedOrigins.includes(origin);
  const url = parseUrl(origin);
  if (!url) return false;
  return isLoopback ? isLoopbackName(url.hostname) : url.host === host;
}

/** Tried, not asked: `URL.canParse` of Node 20 says yes to some Latin-1 text, once it is compiled, that `new URL` then throws at. */
function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

type OriginSettings = Pick<AccessSettings, 'allowedOrigins' | 'isLoopback'>;

/** @throws {ProtocolError} `origin_not_allowed` */
export function assertOrigin(headers: OriginHeaders, settings: OriginSettings): void {
  if (isOriginAllowed(headers, settings)) return;
  throw new ProtocolError('origin_not_allowed', 'pages of this origin may not come in; add it to KWS_ALLOWED_ORIGINS');
}

/** Lets pages of allowed origins use the API (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol), and keeps the others out. */

import type { MiddlewareHandler } from 'hono';

import { assertOrigin } from '../auth/origins.ts';
import type { AccessSettings } from '../config.ts';

/** How long a browser may remember the answer. */
const MAX_AGE_SECONDS = '600';

/** A request of a page that may not come in is answered 403 `origin_not_allowed`. */
export function letPagesIn(access: AccessSettings): MiddlewareHandler {
  return async (context, next) => {
    const origin = context.req.header('origin');
    if (origin === undefined) return next();
    assertOrigin({ origin, host: context.req.header('host') }, access);
    context.header('Access-Control-Allow-Origin', origin);
    context.header('Vary', 'Origin');
    if (context.req.method !== 'OPTIONS') return next();
    context.header('Access-Control-Allow-Methods', 'GET, POST, DELETE');
    context.header('Access-Control-Allow-Headers', 'Authorization, Content-Type');
    context.header('Access-Control-Max-Age', MAX_AGE_SECONDS);
    return context.body(null, 204);
  };
}

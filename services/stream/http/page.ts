/** The web client, as built by `npm run build`. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { serveStatic } from '@hono/node-server/serve-static';
import type { MiddlewareHandler } from 'hono';

import { HttpError } from './problem.ts';

/** Vite names these files by their content. */
const HASHED_FILES = '/assets/';

/** Serves the files of a directory; without the page in it, says how to make it. */
export function servePage(directory: string): MiddlewareHandler {
  if (!existsSync(join(directory, 'index.html'))) return explainMissingPage;
  const serveFile = serveStatic({ root: directory });
  return async (context, next) => {
    const response = await serveFile(context, next);
    if (!(response instanceof Response)) return; // no such file, and what `next` gave
    const isHashed = context.req.path.startsWith(HASHED_FILES);
    response.headers.set('Cache-Control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    response.headers.set('X-Content-Type-Options', 'nosniff');
    response.headers.set('Access-Control-Allow-Origin', '*'); // anybody's page may have `<kws-listener>` and its engine: they hold no secret
    response.headers.set('Cross-Origin-Resource-Policy', 'cross-origin');
    return response;
  };
}

const explainMissingPage: MiddlewareHandler = async ({ req }, next) => {
  if (req.path !== '/') return next();
  throw new HttpError('page_not_built', 'the page is not built: run `npm run build` and start again; the API is there all the same');
};
